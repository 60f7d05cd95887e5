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
    e.id AS evaluation_id,
    e.revision AS evaluated_revision,
    e.cause,
    e.dry_run,
    e.workflow_id,
    e.workflow_version,
    e.confidence,
    e.reasoning,
    e.evidence,
    e.evaluator,
    e.verdict,
    e.reason,
    e.detail,
    e.latency_ms,
    e.fields,
    e.citations,
    e.stand_in,
    e.caution,
    e.prompt_tokens,
    e.completion_tokens,
    e.cost_usd,
    e.created_at AS evaluated_at,
    v.definition,
    (SELECT count(*) FROM evaluations WHERE signal_id = s.id) AS judged
FROM raw_signals AS s
LEFT JOIN LATERAL (
    SELECT * FROM evaluations
    WHERE signal_id = s.id AND team_id = s.team_id
        AND CASE WHEN $3::bigint IS NULL THEN NOT dry_run ELSE id = $3 END
    ORDER BY id DESC
    LIMIT 1
) AS e ON true
LEFT JOIN workflow_versions AS v
    ON v.workflow_id = e.workflow_id AND v.version = e.workflow_version
WHERE s.team_id = $1 AND s.id = $2;

-- name: evaluations_of_signal
-- Every evaluation of a signal, newest first. $1: team; $2: signal; $3: how many at most.
SELECT
    s.*,
    e.id AS evaluation_id,
    e.revision AS evaluated_revision,
    e.cause,
    e.dry_run,
    e.workflow_id,
    e.workflow_version,
    e.confidence,
    e.reasoning,
    e.evidence,
    e.evaluator,
    e.verdict,
    e.reason,
    e.detail,
    e.latency_ms,
    e.fields,
    e.citations,
    e.stand_in,
    e.caution,
    e.prompt_tokens,
    e.completion_tokens,
    e.cost_usd,
    e.created_at AS evaluated_at,
    v.definition
FROM evaluations AS e
JOIN raw_signals AS s ON s.id = e.signal_id AND s.team_id = $1
LEFT JOIN workflow_versions AS v
    ON v.workflow_id = e.workflow_id AND v.version = e.workflow_version
WHERE e.signal_id = $2
ORDER BY e.id DESC
LIMIT $3;

-- name: verdicts_on_signal
-- What people said of a signal and still counts, oldest first. $1: team; $2: signal.
SELECT w.slug, v.fits, v.given_by, v.given_at, v.revision
FROM verdicts AS v
LEFT JOIN workflows AS w ON w.id = v.workflow_id
WHERE v.signal_id = $2 AND v.team_id = $1 AND v.replaced_at IS NULL
ORDER BY v.id;
