-- A long history for bench/home.py: 5 teams, of which the first writes more than half of a million
-- messages and the last has 1,000 SOPs; the newest 200,000 are judged, one in ten fits an SOP.
-- The setting bench.definition is the stored form of an SOP.
INSERT INTO teams (team_id) SELECT 'T' || n FROM generate_series(1, 5) AS n;
INSERT INTO workflows (team_id, slug, version)
SELECT 'T' || t, 'sop-' || n, 1
FROM generate_series(1, 5) AS t
CROSS JOIN LATERAL generate_series(
    1, CASE WHEN t = 5 THEN 1000 ELSE 25 END
) AS n;
INSERT INTO workflow_versions (workflow_id, version, definition, created_by)
SELECT id, 1, current_setting('bench.definition')::jsonb
    || jsonb_build_object('slug', slug, 'title', 'The SOP ' || slug), 'U1' FROM workflows;
INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, author_id,
    author_is_bot, text, permalink, occurred_at, received_at, state)
SELECT 'E' || n, team, 'slack', channel || ':' || n, channel, n::text, 'U' || n % 500, false,
    repeat('Has anybody seen this before? ', 4), 'https://acme.slack.com/archives/C1/p1', at, at,
    'evaluated'
FROM (
    SELECT n, 'C' || n % 40 AS channel,
        'T' || CASE WHEN n % 2 = 0 THEN 1 ELSE 1 + n / 2 % 5 END AS team,
        now() - (1000000 - n) * interval '7 seconds' AS at
    FROM generate_series(1, 1000000) AS n
) AS made;
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
    workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason, detail,
    latency_ms, created_at)
SELECT s.team_id, s.id, 1, 'signal', false, w.id, CASE WHEN w.id IS NULL THEN NULL ELSE 1 END,
    0.8, 'It reads like that.', '', 'words',
    CASE WHEN w.id IS NULL OR s.id % 50 = 0 THEN 'skip' WHEN s.id % 3 = 0 THEN 'start'
        ELSE 'propose' END,
    CASE WHEN s.id % 997 = 0 THEN 'timed_out' WHEN w.id IS NULL THEN 'no_match'
        WHEN s.id % 50 = 0 THEN 'low_confidence' ELSE 'proposed' END,
    'As it was decided.', 4, s.received_at
FROM raw_signals AS s
LEFT JOIN workflows AS w
    ON s.id % 10 = 0 AND s.id % 997 <> 0 AND w.team_id = s.team_id
        AND w.slug = 'sop-' || 1 + s.id / 10 % CASE
            WHEN s.team_id = 'T5' THEN 1000 ELSE 25
        END
WHERE s.id > 1000000 - 200000;
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state, started_at, ended_at, post_state, post_ts)
SELECT team_id, id, signal_id, workflow_id, 1, channel_id, signal_id::text, state,
    CASE WHEN state <> 'proposed' THEN created_at END,
    CASE WHEN state = 'done' THEN created_at END, 'posted', '1.1'
FROM (
    SELECT *, CASE WHEN id % 100 = 1 THEN 'proposed' WHEN id % 100 = 2 THEN 'running' ELSE 'done'
        END AS state
    FROM evaluations WHERE verdict <> 'skip' ORDER BY id DESC LIMIT 20000
) AS e;
INSERT INTO run_steps (run_id, step_id, position, state, opened_at)
SELECT r.id, 's' || n, n - 1, CASE WHEN r.state = 'running' THEN 'waiting' ELSE 'done' END, now()
FROM runs AS r CROSS JOIN generate_series(1, 8) AS n WHERE r.state <> 'proposed';
DELETE FROM daily_sop_figures;
INSERT INTO daily_sop_figures
SELECT team_id, id, (now() AT TIME ZONE 'UTC')::date - back, 9, 3, 2, 1, 4, 20
FROM workflows CROSS JOIN generate_series(0, 90) AS back;
