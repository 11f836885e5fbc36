-- Users, by their names. password is a PHC string of Argon2.
CREATE TABLE users (
    name        TEXT NOT NULL PRIMARY KEY,
    email       TEXT,
    password    TEXT NOT NULL,
    role        TEXT NOT NULL,
    is_active   INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    last_login  INTEGER,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX users_by_role ON users (role);

-- What roles may do; '*' stands for every resource or action.
CREATE TABLE permissions (
    role        TEXT NOT NULL,
    resource    TEXT NOT NULL,
    action      TEXT NOT NULL,
    granted_by  TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (role, resource, action)
) STRICT, WITHOUT ROWID;

INSERT INTO permissions (role, resource, action, recorded_at) VALUES
    ('admin', '*', '*', 0),
    ('trader', 'strategies', 'read', 0),
    ('trader', 'strategies', 'update', 0),
    ('trader', 'signals', 'read', 0),
    ('trader', 'orders', '*', 0),
    ('trader', 'portfolio', 'read', 0),
    ('viewer', 'strategies', 'read', 0),
    ('viewer', 'signals', 'read', 0),
    ('viewer', 'portfolio', 'read', 0);
