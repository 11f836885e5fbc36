-- Quotes of underlyings.
CREATE TABLE underlying_quotes (
    symbol      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    bid         DOUBLE,
    ask         DOUBLE,
    last        DOUBLE,
    bid_size    BIGINT,
    ask_size    BIGINT,
    volume      BIGINT,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE underlying_quotes_history (
    symbol      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    bid         DOUBLE,
    ask         DOUBLE,
    last        DOUBLE,
    bid_size    BIGINT,
    ask_size    BIGINT,
    volume      BIGINT,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);
