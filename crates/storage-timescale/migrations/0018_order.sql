-- Orders: what was asked of a broker. filled_quantity, filled_value and status are what the executions say; the mean price is
-- filled_value / filled_quantity.
CREATE TABLE orders (
    id              UUID NOT NULL PRIMARY KEY,
    at              TIMESTAMPTZ NOT NULL,
    strategy        TEXT COLLATE "C" NOT NULL,
    signal_id       UUID,
    account         TEXT COLLATE "C" NOT NULL,
    instrument      TEXT COLLATE "C" NOT NULL,
    side            TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    quantity        NUMERIC(20,8) NOT NULL,
    limit_price     NUMERIC(20,8),
    stop_price      NUMERIC(20,8),
    time_in_force   TEXT COLLATE "C" NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    filled_quantity NUMERIC(20,8) NOT NULL,
    filled_value    NUMERIC(28,16) NOT NULL,
    broker_order_id TEXT COLLATE "C",
    error_message   TEXT COLLATE "C",
    ended_at        TIMESTAMPTZ,
    updated_at      TIMESTAMPTZ NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL
);

CREATE INDEX orders_by_time ON orders (at, id);
CREATE INDEX orders_by_instrument ON orders (instrument, at DESC);
CREATE INDEX orders_by_strategy ON orders (strategy, at DESC);
CREATE INDEX orders_working ON orders (account, at) WHERE status IN ('pending', 'open', 'partially_filled');
CREATE UNIQUE INDEX orders_by_broker_id ON orders (broker_order_id, account) WHERE broker_order_id IS NOT NULL;

-- Executions: what filled them.
CREATE TABLE executions (
    id                  UUID NOT NULL PRIMARY KEY,
    at                  TIMESTAMPTZ NOT NULL,
    order_id            UUID NOT NULL,
    account             TEXT COLLATE "C" NOT NULL,
    instrument          TEXT COLLATE "C" NOT NULL,
    side                TEXT COLLATE "C" NOT NULL,
    quantity            NUMERIC(20,8) NOT NULL,
    price               NUMERIC(20,8) NOT NULL,
    commission          NUMERIC(20,8) NOT NULL,
    venue               TEXT COLLATE "C",
    broker_execution_id TEXT COLLATE "C",
    recorded_at         TIMESTAMPTZ NOT NULL
);

CREATE INDEX executions_by_time ON executions (at, id);
CREATE INDEX executions_by_order ON executions (order_id, at);
CREATE INDEX executions_by_instrument ON executions (instrument, at DESC);
CREATE UNIQUE INDEX executions_by_broker_id ON executions (broker_execution_id, account)
    WHERE broker_execution_id IS NOT NULL;
