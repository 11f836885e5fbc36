-- Predictions: what models made of what they saw.
CREATE TABLE predictions (
    id            UUID NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    model         TEXT COLLATE "C" NOT NULL,
    model_version TEXT COLLATE "C" NOT NULL,
    symbol        TEXT COLLATE "C",
    inputs        JSONB NOT NULL,
    outputs       JSONB NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX predictions_by_time ON predictions (at, id);
CREATE INDEX predictions_by_model ON predictions (model, at, id);
CREATE INDEX predictions_by_symbol ON predictions (symbol, at DESC);
