-- Evaluations as they are read: with the version of the SOP that they named, under the names that
-- stand beside a signal's own. What it lacks of an evaluation is for counting and finding alone.

CREATE VIEW judgements AS
SELECT
    e.id AS evaluation_id,
    e.signal_id,
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
LEFT JOIN workflow_versions AS v
    ON v.workflow_id = e.workflow_id AND v.version = e.workflow_version;
