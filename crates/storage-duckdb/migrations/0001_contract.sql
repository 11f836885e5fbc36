-- Option contracts. Other tables refer to them by contract_id. Times are UTC, strikes are dollars. No table has a primary
-- key: its index would make the file three times as large and ingest half as fast, and one transaction writes at a time.
CREATE TABLE option_contracts (
    contract_id    BIGINT NOT NULL,
    root           VARCHAR NOT NULL,
    expiration     DATE NOT NULL,
    option_type    VARCHAR NOT NULL,
    strike         DOUBLE NOT NULL,
    underlying     VARCHAR NOT NULL,
    multiplier     BIGINT NOT NULL,
    exercise_style VARCHAR NOT NULL,
    adjusted       BOOLEAN NOT NULL,
    expires_at     TIMESTAMP NOT NULL,
    listed_on      DATE,
    source         VARCHAR NOT NULL,
    recorded_at    TIMESTAMP NOT NULL
);
