-- name: insert_evaluation
-- Stores an evaluation. $1: team; $2: signal; $3: revision; $4: cause; $5: dry run; $6, $7: workflow and version (null: none); $8: confidence (null: none); $9: reasoning; $10: evidence; $11: evaluator; $12: verdict; $13: reason; $14: detail; $15: latency in ms; $16: fields; $17: citations; $18: stand-in; $19: caution; $20, $21: prompt and completion tokens; $22: cost in US dollars. Gives its id.
INSERT INTO evaluations (
    team_id, signal_id, revision, cause, dry_run, workflow_id, workflow_version, confidence,
    reasoning, evidence, evaluator, verdict, reason, detail, latency_ms, fields, citations,
    stand_in, caution, prompt_tokens, completion_tokens, cost_usd
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
    $22
)
RETURNING id;

-- name: open_run_exists
-- Whether a workflow is open in a thread. $1: team; $2: channel; $3: thread ts; $4: workflow id.
SELECT EXISTS (
    SELECT FROM runs
    WHERE team_id = $1 AND channel_id = $2 AND thread_ts = $3 AND workflow_id = $4
        AND state IN ('proposed', 'running')
);

-- name: conclude_skips
-- Stores evaluations from which nothing follows, and ends their attempts; void ones are left out. A column each, one row an evaluation: $1: signals; $2: tokens; $3: the signals' states; $4 to $23: as $3 to $22 of insert_evaluation. Gives ordinal and evaluation id.
WITH incoming AS (
    SELECT * FROM unnest(
        $1::bigint[], $2::integer[], $3::text[], $4::integer[], $5::text[], $6::boolean[],
        $7::bigint[], $8::integer[], $9::double precision[], $10::text[], $11::text[], $12::text[],
        $13::text[], $14::text[], $15::text[], $16::double precision[], $17::jsonb[], $18::jsonb[],
        $19::text[], $20::text[], $21::integer[], $22::integer[], $23::double precision[]
    ) WITH ORDINALITY AS i (
        signal_id, token, state, revision, cause, dry_run, workflow_id, workflow_version, confidence,
        reasoning, evidence, evaluator, verdict, reason, detail, latency_ms, fields, citations,
        stand_in, caution, prompt_tokens, completion_tokens, cost_usd, ordinal
    )
), held AS (
    UPDATE raw_signals AS s
    SET attempt = s.attempt + 1, state = i.state
    FROM incoming AS i
    WHERE s.id = ANY($1::bigint[])
        AND s.id = i.signal_id AND s.attempt = i.token AND s.deleted_at IS NULL
    RETURNING s.id, s.team_id, i.ordinal
), stored AS (
    INSERT INTO evaluations (
        team_id, signal_id, revision, cause, dry_run, workflow_id, workflow_version, confidence,
        reasoning, evidence, evaluator, verdict, reason, detail, latency_ms, fields, citations,
        stand_in, caution, prompt_tokens, completion_tokens, cost_usd
    )
    SELECT
        held.team_id, held.id, i.revision, i.cause, i.dry_run, i.workflow_id, i.workflow_version,
        i.confidence, i.reasoning, i.evidence, i.evaluator, i.verdict, i.reason, i.detail,
        i.latency_ms, i.fields, i.citations, i.stand_in, i.caution, i.prompt_tokens,
        i.completion_tokens, i.cost_usd
    FROM held
    JOIN incoming AS i ON i.ordinal = held.ordinal
    ORDER BY i.ordinal
    RETURNING id, signal_id
)
SELECT held.ordinal, stored.id
FROM stored
JOIN held ON held.id = stored.signal_id;
