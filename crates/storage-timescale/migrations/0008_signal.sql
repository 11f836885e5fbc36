-- Signals: what a strategy would do. status_at tells when one stopped being active.
CREATE TABLE signals (
    id            UUID NOT NULL PRIMARY KEY,
    at            TIMESTAMPTZ NOT NULL,
    strategy      TEXT COLLATE "C" NOT NULL,
    symbol        TEXT COLLATE "C" NOT NULL,
    action        TEXT COLLATE "C" NOT NULL,
    strength      DOUBLE PRECISION NOT NULL,
    confidence    DOUBLE PRECISION NOT NULL,
    target_price  DOUBLE PRECISION,
    stop_price    DOUBLE PRECISION,
    valid_until   TIMESTAMPTZ,
    model_version TEXT COLLATE "C",
    reasoning     TEXT COLLATE "C",
    features      JSONB NOT NULL,
    status        TEXT COLLATE "C" NOT NULL,
    status_at     TIMESTAMPTZ,
    recorded_at   TIMESTAMPTZ NOT NULL
);

CREATE INDEX signals_by_time ON signals (at, id);
CREATE INDEX signals_by_symbol ON signals (symbol, at DESC);
CREATE INDEX signals_by_strategy ON signals (strategy, at DESC);
CREATE INDEX signals_active ON signals (valid_until) WHERE status = 'active';
CREATE INDEX signals_by_feature ON signals USING gin (features jsonb_path_ops);
