-- Observations of economic series. Their at is the end of their day in New York. They are few and need no partitions.
CREATE TABLE economic_observations (
    series      TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    date        DATE NOT NULL,
    value       DOUBLE PRECISION NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (series, at)
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE economic_observations_history (
    series      TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    date        DATE NOT NULL,
    value       DOUBLE PRECISION NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (series, at, recorded_at)
);
