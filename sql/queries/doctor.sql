-- name: database_facts
-- What the doctor tells about a database. No parameters.
SELECT
    current_database() AS name,
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
    pg_is_in_recovery() AS is_replica;
