-- name: queue_state
-- How many jobs wait or are being worked on, how many seconds the oldest due one has waited, and how many failed and rest. No parameters.
SELECT
    count(*) + (SELECT count(*) FROM pgqueuer WHERE status = 'picked') AS depth,
    coalesce(
        extract(epoch FROM now() - min(execute_after) FILTER (WHERE execute_after <= now())), 0
    )::float8 AS oldest_age,
    (SELECT count(*) FROM pgqueuer WHERE status = 'failed') AS failed
FROM pgqueuer
WHERE status = 'queued';

-- name: known_jobs
-- Which of these jobs are in the queue, those that failed and rest among them. $1: dedupe keys. Gives theirs.
SELECT dedupe_key FROM pgqueuer
WHERE status IN ('queued', 'picked') AND dedupe_key = ANY($1::text[])
UNION
SELECT dedupe_key FROM pgqueuer
WHERE status = 'failed' AND dedupe_key = ANY($1::text[]);

-- name: revive_jobs
-- Queues the jobs that failed again, each after as long as it has been trying by then, a minute at least and an hour at most; gives them, and whether they were too old for it, and so given up. One that has a twin in the queue by now is left to that. $1: how old (interval). $2: at most how many.
WITH failed AS (
    DELETE FROM pgqueuer
    WHERE id IN (
        SELECT id FROM pgqueuer
        WHERE status = 'failed'
            AND updated < now() - least(greatest(updated - created, '1 minute'), '1 hour')
        ORDER BY id
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    RETURNING *, created < now() - $1::interval AS given_up
), revived AS (
    INSERT INTO pgqueuer (created, priority, status, entrypoint, dedupe_key, payload, attempts)
    SELECT created, priority, 'queued', entrypoint, dedupe_key, payload, attempts + 1
    FROM failed
    WHERE NOT given_up
    ON CONFLICT DO NOTHING
)
SELECT entrypoint, payload, given_up FROM failed;

-- name: prune_queue_log
-- Forgets finished jobs in PgQueuer's log that are counted in its statistics. $1: how old (interval).
DELETE FROM pgqueuer_log WHERE aggregated AND created < now() - $1::interval;

-- name: prune_queue_counts
-- Forgets PgQueuer's statistics, a row for each second and kind of job that nobody reads. An hour of them: there is no index for more. No parameters.
DELETE FROM pgqueuer_statistics WHERE created < now() - interval '1 hour';

-- name: drop_job
-- Takes back a job; who picked it already ends it as if it had not been. $1: its dedupe key.
DELETE FROM pgqueuer WHERE dedupe_key = $1 AND status IN ('queued', 'picked');
