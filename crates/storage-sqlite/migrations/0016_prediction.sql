-- Predictions: what models made of what they saw.
CREATE TABLE predictions (
    id            TEXT NOT NULL,
    at            INTEGER NOT NULL,
    model         TEXT NOT NULL,
    model_version TEXT NOT NULL,
    symbol        TEXT,
    inputs        TEXT NOT NULL,
    outputs       TEXT NOT NULL,
    recorded_at   INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX predictions_by_time ON predictions (at, id);
CREATE INDEX predictions_by_model ON predictions (model, at, id);
CREATE INDEX predictions_by_symbol ON predictions (symbol, at);
