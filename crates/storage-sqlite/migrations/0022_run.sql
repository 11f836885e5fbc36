-- Runs of pipelines: rows read are rows written, unchanged and rejected.
CREATE TABLE pipeline_runs (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    pipeline    TEXT NOT NULL,
    status      TEXT NOT NULL,
    ended_at    INTEGER,
    steps       INTEGER NOT NULL,
    read        INTEGER NOT NULL,
    written     INTEGER NOT NULL,
    unchanged   INTEGER NOT NULL,
    rejected    INTEGER NOT NULL,
    error       TEXT,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pipeline_runs_by_time ON pipeline_runs (at, id);
CREATE INDEX pipeline_runs_by_pipeline ON pipeline_runs (pipeline, at);

-- Rows that runs could not store: where they stand, and why.
CREATE TABLE run_rejects (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    run         TEXT NOT NULL,
    place       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX run_rejects_by_time ON run_rejects (at, id);
CREATE INDEX run_rejects_by_run ON run_rejects (run, at);

-- How far each pipeline has read each of its sources.
CREATE TABLE watermarks (
    pipeline    TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    reached     INTEGER NOT NULL,
    run         TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (pipeline, dataset, subject)
) STRICT, WITHOUT ROWID;
