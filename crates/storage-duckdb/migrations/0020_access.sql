-- Users, by their names. password is a PHC string of Argon2.
CREATE TABLE users (
    name        VARCHAR NOT NULL,
    email       VARCHAR,
    password    VARCHAR NOT NULL,
    role        VARCHAR NOT NULL,
    is_active   BOOLEAN NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    last_login  TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL
);

-- What roles may do; '*' stands for every resource or action.
CREATE TABLE permissions (
    role        VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL,
    action      VARCHAR NOT NULL,
    granted_by  VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

INSERT INTO permissions (role, resource, action, recorded_at) VALUES
    ('admin', '*', '*', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'strategies', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'strategies', 'update', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'signals', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'orders', '*', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'portfolio', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('viewer', 'strategies', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('viewer', 'signals', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('viewer', 'portfolio', 'read', TIMESTAMP '1970-01-01 00:00:00');
