-- name: insert_evaluation
-- Stores an evaluation. $1: team; $2: signal; $3: revision; $4: cause; $5: dry run; $6, $7: workflow and version (null: none); $8: confidence (null: none); $9: reasoning; $10: evidence; $11: evaluator; $12: verdict; $13: reason; $14: detail; $15: latency in ms. Gives its id.
INSERT INTO evaluations (
    team_id, signal_id, revision, cause, dry_run, workflow_id, workflow_version, confidence,
    reasoning, evidence, evaluator, verdict, reason, detail, latency_ms
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
RETURNING id;

-- name: open_run_exists
-- Whether a workflow is open in a thread. $1: team; $2: channel; $3: thread ts; $4: workflow id.
SELECT EXISTS (
    SELECT FROM runs
    WHERE team_id = $1 AND channel_id = $2 AND thread_ts = $3 AND workflow_id = $4
        AND state IN ('proposed', 'running')
);
