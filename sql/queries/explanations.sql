-- name: signal_of_message
-- The signal of a Slack message. $1: team; $2: external id ('channel:ts').
SELECT id FROM raw_signals WHERE team_id = $1 AND source = 'slack' AND external_id = $2;

-- name: basis_of_run
-- The signal and the evaluation that a run came of. $1: team; $2: run.
SELECT signal_id, evaluation_id FROM runs WHERE id = $2 AND team_id = $1;

-- name: latest_run_of_signal
-- The newest run for a signal. $1: team; $2: signal.
SELECT id FROM runs WHERE signal_id = $2 AND team_id = $1 ORDER BY id DESC LIMIT 1;

-- name: explained_signal
-- A signal with one of its evaluations (evaluation_id null: there is none). $1: team; $2: signal; $3: evaluation (null: the newest that was no dry run).
SELECT
    s.*,
    j.*,
    (SELECT count(*) FROM evaluations WHERE signal_id = s.id) AS judged
FROM raw_signals AS s
LEFT JOIN LATERAL (
    SELECT * FROM judgements
    WHERE signal_id = s.id
        AND CASE WHEN $3::bigint IS NULL THEN NOT dry_run ELSE evaluation_id = $3 END
    ORDER BY evaluation_id DESC
    LIMIT 1
) AS j ON true
WHERE s.team_id = $1 AND s.id = $2;

-- name: evaluations_of_signal
-- Every evaluation of a signal, newest first. $1: team; $2: signal; $3: how many at most.
SELECT s.*, j.*
FROM judgements AS j
JOIN raw_signals AS s ON s.id = j.signal_id AND s.team_id = $1
WHERE j.signal_id = $2
ORDER BY j.evaluation_id DESC
LIMIT $3;

-- name: verdicts_on_signal
-- What people said of a signal and still counts, oldest first. $1: team; $2: signal.
SELECT w.slug, v.fits, v.given_by, v.given_at, v.revision
FROM verdicts AS v
LEFT JOIN workflows AS w ON w.id = v.workflow_id
WHERE v.signal_id = $2 AND v.team_id = $1 AND v.replaced_at IS NULL
ORDER BY v.id;
