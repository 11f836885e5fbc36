-- Bars. A bar is said when it ends: that is its at.
CREATE TABLE bars (
    instrument  TEXT COLLATE "C" NOT NULL,
    timeframe   TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    open        DOUBLE PRECISION NOT NULL,
    high        DOUBLE PRECISION NOT NULL,
    low         DOUBLE PRECISION NOT NULL,
    close       DOUBLE PRECISION NOT NULL,
    volume      BIGINT,
    vwap        DOUBLE PRECISION,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (instrument, timeframe, at)
);

-- A quarter: daily bars reach back for decades.
SELECT partition_by_time('bars', INTERVAL '90 days');

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE bars_history (
    instrument  TEXT COLLATE "C" NOT NULL,
    timeframe   TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    open        DOUBLE PRECISION NOT NULL,
    high        DOUBLE PRECISION NOT NULL,
    low         DOUBLE PRECISION NOT NULL,
    close       DOUBLE PRECISION NOT NULL,
    volume      BIGINT,
    vwap        DOUBLE PRECISION,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (instrument, timeframe, at, recorded_at)
);
