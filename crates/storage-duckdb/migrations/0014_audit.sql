-- The audit: who did what to which thing. Rows are only ever added. DuckDB has
-- neither triggers nor rights, so nothing here keeps somebody who asks with SQL from changing them.
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
