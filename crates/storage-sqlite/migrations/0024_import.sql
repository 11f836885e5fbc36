-- Rows of brokers' histories as they stood in their files. content is a JSON object of their fields; events a JSON array of the
-- journal's events that came of a row.
CREATE TABLE imported_rows (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    account     TEXT NOT NULL,
    source      TEXT NOT NULL,
    row_id      TEXT NOT NULL,
    file        TEXT NOT NULL,
    line        INTEGER NOT NULL,
    content     TEXT NOT NULL,
    rejection   TEXT,
    events      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_rows_by_time ON imported_rows (at, id);
CREATE INDEX imported_rows_by_account ON imported_rows (account, at);
