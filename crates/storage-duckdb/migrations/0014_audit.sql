-- The audit: who did what to which thing. Rows are only ever added.
CREATE TABLE audit_log (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    "user"      VARCHAR,
    action      VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL,
    resource_id VARCHAR,
    old_value   VARCHAR,
    new_value   VARCHAR,
    address     VARCHAR,
    agent       VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);
