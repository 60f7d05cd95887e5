-- A step may have a cap of its own for the breaker.

-- Versions and drafts keep their content; their stored form gains what steps can say since.
UPDATE workflow_versions
SET definition = jsonb_set(definition, '{steps}', coalesce((
    SELECT jsonb_agg('{"cap": null}' || step ORDER BY position)
    FROM jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS s (step, position)
), '[]'));
UPDATE drafts
SET definition = jsonb_set(definition, '{steps}', coalesce((
    SELECT jsonb_agg('{"cap": null}' || step ORDER BY position)
    FROM jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS s (step, position)
), '[]'));
