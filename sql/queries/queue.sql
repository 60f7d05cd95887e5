-- name: queue_state
-- How many jobs wait or are being worked on, and how many seconds the oldest due one has waited. No parameters.
SELECT
    count(*) + (SELECT count(*) FROM pgqueuer WHERE status = 'picked') AS depth,
    coalesce(
        extract(epoch FROM now() - min(execute_after) FILTER (WHERE execute_after <= now())), 0
    )::float8 AS oldest_age
FROM pgqueuer
WHERE status = 'queued';

-- name: prune_queue_log
-- Forgets finished jobs in PgQueuer's log that are counted in its statistics. $1: how old (interval).
DELETE FROM pgqueuer_log WHERE aggregated AND created < now() - $1::interval;

-- name: drop_job
-- Takes back a job; who picked it already ends it as if it had not been. $1: its dedupe key.
DELETE FROM pgqueuer WHERE dedupe_key = $1 AND status IN ('queued', 'picked');
