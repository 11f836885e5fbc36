-- Predictions: what models made of what they saw.
CREATE TABLE predictions (
    id            VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    model         VARCHAR NOT NULL,
    model_version VARCHAR NOT NULL,
    symbol        VARCHAR,
    inputs        VARCHAR NOT NULL,
    outputs       VARCHAR NOT NULL,
    recorded_at   TIMESTAMP NOT NULL
);
