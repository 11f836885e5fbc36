-- Rows of brokers' histories as they stood in their files. content is a JSON object of their fields; events a JSON array of the
-- journal's events that came of a row.
CREATE TABLE imported_rows (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    row_id      TEXT COLLATE "C" NOT NULL,
    file        TEXT COLLATE "C" NOT NULL,
    line        BIGINT NOT NULL,
    content     JSONB NOT NULL,
    rejection   TEXT COLLATE "C",
    events      JSONB NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX imported_rows_by_time ON imported_rows (at, id);
CREATE INDEX imported_rows_by_account ON imported_rows (account, at);
