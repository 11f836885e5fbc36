-- Orders: what was asked of a broker. filled_quantity, filled_value and status are what the executions say; the mean price is
-- filled_value / filled_quantity.
CREATE TABLE orders (
    id              VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    strategy        VARCHAR NOT NULL,
    signal_id       VARCHAR,
    account         VARCHAR NOT NULL,
    instrument      VARCHAR NOT NULL,
    side            VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,
    quantity        DECIMAL(20,8) NOT NULL,
    limit_price     DECIMAL(20,8),
    stop_price      DECIMAL(20,8),
    time_in_force   VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,
    filled_quantity DECIMAL(20,8) NOT NULL,
    filled_value    DECIMAL(28,16) NOT NULL,
    broker_order_id VARCHAR,
    error_message   VARCHAR,
    ended_at        TIMESTAMP,
    updated_at      TIMESTAMP NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Executions: what filled them.
CREATE TABLE executions (
    id                  VARCHAR NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    order_id            VARCHAR NOT NULL,
    account             VARCHAR NOT NULL,
    instrument          VARCHAR NOT NULL,
    side                VARCHAR NOT NULL,
    quantity            DECIMAL(20,8) NOT NULL,
    price               DECIMAL(20,8) NOT NULL,
    commission          DECIMAL(20,8) NOT NULL,
    venue               VARCHAR,
    broker_execution_id VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);
