-- Users, by their names. password is a PHC string of Argon2.
CREATE TABLE users (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    email       TEXT COLLATE "C",
    password    TEXT COLLATE "C" NOT NULL,
    role        TEXT COLLATE "C" NOT NULL,
    is_active   BOOLEAN NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    last_login  TIMESTAMPTZ,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX users_by_role ON users (role);

-- What roles may do; '*' stands for every resource or action.
CREATE TABLE permissions (
    role        TEXT COLLATE "C" NOT NULL,
    resource    TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    granted_by  TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (role, resource, action)
);

INSERT INTO permissions (role, resource, action, recorded_at) VALUES
    ('admin', '*', '*', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'strategies', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'strategies', 'update', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'signals', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'orders', '*', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'portfolio', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('viewer', 'strategies', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('viewer', 'signals', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('viewer', 'portfolio', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z');
