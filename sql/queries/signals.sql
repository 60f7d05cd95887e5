-- name: insert_signals
-- Stores new messages with their jobs, skipping those known by event or by identity. (The job is what PgQueuer's own enqueue would write, in the same round trip; a test compares.) $1..$13: a column each (event ids, teams, …, received_at), one row a message; $14: deliveries. Gives ordinal and id (null: known before).
WITH incoming AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::boolean[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[],
        $14::integer[]
    ) WITH ORDINALITY AS i (
        event_id, team_id, source, external_id, channel_id, message_ts, thread_ts, author_id,
        author_is_bot, text, permalink, occurred_at, received_at, deliveries, ordinal
    )
), inserted AS (
    INSERT INTO raw_signals (
        event_id, team_id, source, external_id, channel_id, message_ts, thread_ts, author_id,
        author_is_bot, text, permalink, occurred_at, received_at, deliveries
    )
    SELECT
        event_id, team_id, source, external_id, channel_id, message_ts, thread_ts, author_id,
        author_is_bot, text, permalink, occurred_at, received_at, deliveries
    FROM incoming
    -- All writers in the same order, so that none waits for the other in a circle.
    ORDER BY team_id, source, external_id
    ON CONFLICT DO NOTHING
    RETURNING id, revision, team_id, source, external_id
), queued AS (
    INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, headers, status)
    SELECT
        0,
        'evaluate',
        convert_to(
            json_build_object(
                'signal', id, 'revision', revision, 'cause', 'signal', 'dry_run', false,
                'by', ''
            )::text,
            'UTF8'
        ),
        format('evaluate:%s:%s:signal', id, revision),
        'null'::jsonb,
        'queued'
    FROM inserted
    ORDER BY id
    RETURNING id, entrypoint, priority
), logged AS (
    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
    SELECT id, 'queued', entrypoint, priority FROM queued
)
SELECT i.ordinal, n.id
FROM incoming AS i
LEFT JOIN inserted AS n
    ON (n.team_id, n.source, n.external_id) = (i.team_id, i.source, i.external_id)
ORDER BY i.ordinal;

-- name: count_deliveries
-- Counts deliveries of a message that was known before. $1: team; $2: source; $3: external id; $4: how many.
UPDATE raw_signals SET deliveries = deliveries + $4
WHERE team_id = $1 AND source = $2 AND external_id = $3;

-- name: edit_signals
-- Brings messages to a newer text, or stores them if the edit came first, may do so ($15) and the message is no older than $16. $1..$13 as insert_signals (the message as it now reads); $14: versions. Gives ordinal, id, revision, and whether an answer exists already; rows only where something changed.
WITH incoming AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::boolean[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[],
        $14::text[], $15::boolean[]
    ) WITH ORDINALITY AS i (
        event_id, team_id, source, external_id, channel_id, message_ts, thread_ts, author_id,
        author_is_bot, text, permalink, occurred_at, received_at, edit_version, may_be_first, ordinal
    )
), changed AS (
    INSERT INTO raw_signals AS s (
        event_id, team_id, source, external_id, channel_id, message_ts, thread_ts, author_id,
        author_is_bot, text, permalink, occurred_at, received_at, edit_version
    )
    SELECT
        event_id, team_id, source, external_id, channel_id, message_ts, thread_ts, author_id,
        author_is_bot, text, permalink, occurred_at, received_at, edit_version
    FROM incoming AS i
    WHERE i.may_be_first AND i.occurred_at > now() - $16::interval OR EXISTS (
        SELECT FROM raw_signals AS known
        WHERE (known.team_id, known.source, known.external_id)
            = (i.team_id, i.source, i.external_id)
    )
    ORDER BY team_id, source, external_id
    ON CONFLICT (team_id, source, external_id) DO UPDATE
    -- One that was taken back again leaves its version: what comes late is older than that.
    SET text = excluded.text, edit_version = excluded.edit_version,
        revision = s.revision + (s.text <> excluded.text)::integer,
        attempt = s.attempt + (s.text <> excluded.text)::integer
    WHERE s.deleted_at IS NULL
        AND (s.edit_version IS NULL OR s.edit_version < excluded.edit_version)
    RETURNING s.id, s.revision, s.team_id, s.source, s.external_id, s.revision IS DISTINCT FROM (
        SELECT before.revision FROM raw_signals AS before WHERE before.id = s.id
    ) AS is_new
)
SELECT i.ordinal, c.id, c.revision, EXISTS (
    SELECT FROM runs
    WHERE runs.signal_id = c.id AND (runs.state <> 'cancelled' OR runs.ended_by IS NOT NULL)
) AS answered
FROM incoming AS i
JOIN changed AS c ON (c.team_id, c.source, c.external_id) = (i.team_id, i.source, i.external_id)
WHERE c.is_new;

-- name: mark_pending
-- Marks edited signals as waiting to be judged again. $1: signal ids.
UPDATE raw_signals SET state = 'pending' WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL;

-- name: mark_unjudged
-- Marks a signal as waiting to be judged, unless its text was judged already. $1: signal id. Gives its revision, or nothing.
UPDATE raw_signals AS s SET state = 'pending'
WHERE s.id = $1 AND s.deleted_at IS NULL AND NOT EXISTS (
    SELECT FROM evaluations AS e
    WHERE e.signal_id = s.id AND e.revision = s.revision AND e.cause = 'signal'
)
RETURNING s.revision;

-- name: delete_signals
-- Removes the text of deleted messages and leaves a mark that keeps a late original out (if the message is no older than $9). $1..$8: event ids, teams, sources, external ids, channels, message ts, occurred at, received at. Gives ordinal and id of those that were not deleted yet, and whether there are runs for them.
WITH incoming AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
        $8::timestamptz[]
    ) WITH ORDINALITY AS i (
        event_id, team_id, source, external_id, channel_id, message_ts, occurred_at, received_at,
        ordinal
    )
), removed AS (
    INSERT INTO raw_signals AS s (
        event_id, team_id, source, external_id, channel_id, message_ts, author_id, author_is_bot,
        text, occurred_at, received_at, state, deleted_at
    )
    SELECT
        event_id, team_id, source, external_id, channel_id, message_ts, '', false,
        '', occurred_at, received_at, 'deleted', now()
    FROM incoming AS i
    WHERE i.occurred_at > now() - $9::interval OR EXISTS (
        SELECT FROM raw_signals AS known
        WHERE (known.team_id, known.source, known.external_id)
            = (i.team_id, i.source, i.external_id)
    )
    ORDER BY team_id, source, external_id
    ON CONFLICT (team_id, source, external_id) DO UPDATE
    SET text = '', state = 'deleted', deleted_at = now(),
        revision = s.revision + 1, attempt = s.attempt + 1
    WHERE s.deleted_at IS NULL
    RETURNING s.id, s.team_id, s.source, s.external_id
)
SELECT i.ordinal, r.id, EXISTS (SELECT FROM runs WHERE runs.signal_id = r.id) AS answered
FROM incoming AS i
JOIN removed AS r ON (r.team_id, r.source, r.external_id) = (i.team_id, i.source, i.external_id);

-- name: forget_evidence
-- Removes what evaluations quoted and took of deleted messages. $1: signal ids.
UPDATE evaluations SET evidence = '', fields = '{}'
WHERE signal_id = ANY($1::bigint[]) AND (evidence <> '' OR fields <> '{}');

-- name: begin_attempts
-- Signals to judge, each with whether its revision was judged before. $1: signal ids.
SELECT s.*, judged.id IS NOT NULL AS judged
FROM raw_signals AS s
LEFT JOIN LATERAL (
    SELECT e.id FROM evaluations AS e
    WHERE e.signal_id = s.id AND e.revision = s.revision AND e.cause = 'signal'
    LIMIT 1
) AS judged ON true
WHERE s.id = ANY($1::bigint[]);

-- name: hold_attempt
-- Locks the signal for the end of an evaluation; nothing if the attempt is void. $1: signal id; $2: token.
SELECT id FROM raw_signals WHERE id = $1 AND attempt = $2 AND deleted_at IS NULL FOR UPDATE;

-- name: finish_attempt
-- Ends an attempt: its token is used up. $1: signal id; $2: the signal's state.
UPDATE raw_signals SET attempt = attempt + 1, state = $2 WHERE id = $1;

-- name: forgotten_signals
-- Signals that have waited suspiciously long; they are queued again unless they are. $1: how long (interval); $2: how many at most.
SELECT id, revision FROM raw_signals
WHERE state = 'pending' AND stored_at < now() - $1::interval
ORDER BY stored_at LIMIT $2;
