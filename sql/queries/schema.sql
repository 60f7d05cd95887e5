-- name: ping
-- Whether the database takes reads only, if it answers at all.
SELECT current_setting('transaction_read_only')::boolean;

-- name: lock_migrations
-- Lets one process at a time migrate this database; held to the end of the transaction. The number is arbitrary, and LiveSOP's own.
SELECT pg_advisory_xact_lock(7305516020371);

-- name: no_statement_timeout
-- A migration may take longer than the server or the role allows a statement; to the end of the transaction.
SET LOCAL statement_timeout = 0;

-- name: has_migrations_table
-- Whether anything was ever migrated here.
SELECT to_regclass('schema_migrations') IS NOT NULL;

-- name: create_migrations_table
-- What was applied to this database.
CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY CHECK (number > 0),
    name text NOT NULL UNIQUE,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: applied_migrations
-- What was applied, in order.
SELECT number, name, checksum FROM schema_migrations ORDER BY number;

-- name: record_migration
-- Notes a migration as applied, in its own transaction. $1: number; $2: file name; $3: SHA-256 of the file.
INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3);
