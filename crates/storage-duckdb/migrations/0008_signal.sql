-- Signals: what a strategy would do. status_at tells when one stopped being active.
CREATE TABLE signals (
    id            VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    strategy      VARCHAR NOT NULL,
    symbol        VARCHAR NOT NULL,
    action        VARCHAR NOT NULL,
    strength      DOUBLE NOT NULL,
    confidence    DOUBLE NOT NULL,
    target_price  DOUBLE,
    stop_price    DOUBLE,
    valid_until   TIMESTAMP,
    model_version VARCHAR,
    reasoning     VARCHAR,
    features      VARCHAR NOT NULL,
    status        VARCHAR NOT NULL,
    status_at     TIMESTAMP,
    recorded_at   TIMESTAMP NOT NULL
);
