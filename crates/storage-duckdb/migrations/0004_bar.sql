-- Bars. A bar is said when it ends: that is its at.
CREATE TABLE bars (
    instrument  VARCHAR NOT NULL,
    timeframe   VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    opened_at   TIMESTAMP NOT NULL,
    open        DOUBLE NOT NULL,
    high        DOUBLE NOT NULL,
    low         DOUBLE NOT NULL,
    close       DOUBLE NOT NULL,
    volume      BIGINT,
    vwap        DOUBLE,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE bars_history (
    instrument  VARCHAR NOT NULL,
    timeframe   VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    opened_at   TIMESTAMP NOT NULL,
    open        DOUBLE NOT NULL,
    high        DOUBLE NOT NULL,
    low         DOUBLE NOT NULL,
    close       DOUBLE NOT NULL,
    volume      BIGINT,
    vwap        DOUBLE,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);
