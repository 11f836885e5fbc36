-- Quotes of underlyings.
CREATE TABLE underlying_quotes (
    symbol      TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    bid         DOUBLE PRECISION,
    ask         DOUBLE PRECISION,
    last        DOUBLE PRECISION,
    bid_size    BIGINT,
    ask_size    BIGINT,
    volume      BIGINT,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, at)
);

SELECT partition_by_time('underlying_quotes', INTERVAL '30 days');

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE underlying_quotes_history (
    symbol      TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    bid         DOUBLE PRECISION,
    ask         DOUBLE PRECISION,
    last        DOUBLE PRECISION,
    bid_size    BIGINT,
    ask_size    BIGINT,
    volume      BIGINT,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, at, recorded_at)
);
