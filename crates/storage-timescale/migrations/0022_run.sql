-- Runs of pipelines: rows read are rows written, unchanged and rejected.
CREATE TABLE pipeline_runs (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    pipeline    TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    ended_at    TIMESTAMPTZ,
    steps       BIGINT NOT NULL,
    read        BIGINT NOT NULL,
    written     BIGINT NOT NULL,
    unchanged   BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    error       TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX pipeline_runs_by_time ON pipeline_runs (at, id);
CREATE INDEX pipeline_runs_by_pipeline ON pipeline_runs (pipeline, at);

-- Rows that runs could not store: where they stand, and why.
CREATE TABLE run_rejects (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    run         UUID NOT NULL,
    place       TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX run_rejects_by_time ON run_rejects (at, id);
CREATE INDEX run_rejects_by_run ON run_rejects (run, at);

-- How far each pipeline has read each of its sources.
CREATE TABLE watermarks (
    pipeline    TEXT COLLATE "C" NOT NULL,
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    reached     TIMESTAMPTZ NOT NULL,
    run         UUID,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (pipeline, dataset, subject)
);
