-- Runs of pipelines: rows read are rows written, unchanged and rejected.
CREATE TABLE pipeline_runs (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    pipeline    VARCHAR NOT NULL,
    status      VARCHAR NOT NULL,
    ended_at    TIMESTAMP,
    steps       BIGINT NOT NULL,
    read        BIGINT NOT NULL,
    written     BIGINT NOT NULL,
    unchanged   BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    error       VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Rows that runs could not store: where they stand, and why.
CREATE TABLE run_rejects (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    run         VARCHAR NOT NULL,
    place       VARCHAR NOT NULL,
    reason      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- How far each pipeline has read each of its sources.
CREATE TABLE watermarks (
    pipeline    VARCHAR NOT NULL,
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    reached     TIMESTAMP NOT NULL,
    run         VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);
