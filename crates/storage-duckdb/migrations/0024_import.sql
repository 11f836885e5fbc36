-- Rows of brokers' histories as they stood in their files. content is a JSON object of their fields; events a JSON array of the
-- journal's events that came of a row.
CREATE TABLE imported_rows (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    account     VARCHAR NOT NULL,
    source      VARCHAR NOT NULL,
    row_id      VARCHAR NOT NULL,
    file        VARCHAR NOT NULL,
    line        BIGINT NOT NULL,
    content     VARCHAR NOT NULL,
    rejection   VARCHAR,
    events      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);
