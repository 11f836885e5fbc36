-- Orders: what was asked of a broker. filled_quantity, filled_value and status are what the executions say; the mean price is
-- filled_value / filled_quantity.
CREATE TABLE orders (
    id              TEXT NOT NULL PRIMARY KEY,
    at              INTEGER NOT NULL,
    strategy        TEXT NOT NULL,
    signal_id       TEXT,
    account         TEXT NOT NULL,
    instrument      TEXT NOT NULL,
    side            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    quantity        TEXT NOT NULL,
    limit_price     TEXT,
    stop_price      TEXT,
    time_in_force   TEXT NOT NULL,
    status          TEXT NOT NULL,
    filled_quantity TEXT NOT NULL,
    filled_value    TEXT NOT NULL,
    broker_order_id TEXT,
    error_message   TEXT,
    ended_at        INTEGER,
    updated_at      INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_by_time ON orders (at, id);
CREATE INDEX orders_by_instrument ON orders (instrument, at);
CREATE INDEX orders_by_strategy ON orders (strategy, at);
CREATE INDEX orders_working ON orders (account, at) WHERE status IN ('pending', 'open', 'partially_filled');
CREATE UNIQUE INDEX orders_by_broker_id ON orders (broker_order_id, account) WHERE broker_order_id IS NOT NULL;

-- Executions: what filled them.
CREATE TABLE executions (
    id                  TEXT NOT NULL PRIMARY KEY,
    at                  INTEGER NOT NULL,
    order_id            TEXT NOT NULL,
    account             TEXT NOT NULL,
    instrument          TEXT NOT NULL,
    side                TEXT NOT NULL,
    quantity            TEXT NOT NULL,
    price               TEXT NOT NULL,
    commission          TEXT NOT NULL,
    venue               TEXT,
    broker_execution_id TEXT,
    recorded_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX executions_by_time ON executions (at, id);
CREATE INDEX executions_by_order ON executions (order_id, at);
CREATE INDEX executions_by_instrument ON executions (instrument, at);
CREATE UNIQUE INDEX executions_by_broker_id ON executions (broker_execution_id, account)
    WHERE broker_execution_id IS NOT NULL;
