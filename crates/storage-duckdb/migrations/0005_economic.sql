-- Observations of economic series. Their at is the end of their day in New York.
CREATE TABLE economic_observations (
    series      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    date        DATE NOT NULL,
    value       DOUBLE NOT NULL,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE economic_observations_history (
    series      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    date        DATE NOT NULL,
    value       DOUBLE NOT NULL,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);
