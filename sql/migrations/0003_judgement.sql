-- The judgement: what an evaluation rests on and what it cost, and what SOPs ask of a message.

-- Versions keep their content; their stored form gains what SOPs can say since.
UPDATE workflow_versions
SET definition = jsonb_set(
    definition || '{"extract": {}}', '{trigger}', definition -> 'trigger' || '{"trust_local": false}'
)
WHERE NOT definition ? 'extract';

ALTER TABLE evaluations
    -- What was taken from the message for the SOP's actions; goes with the text when it is deleted.
    ADD COLUMN fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),
    -- Passages as they read then: a document may change or go, what was cited stays explained.
    ADD COLUMN citations jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(citations) = 'array'),
    ADD COLUMN stand_in text NOT NULL DEFAULT '',
    ADD COLUMN caution text NOT NULL DEFAULT '',
    ADD COLUMN prompt_tokens integer NOT NULL DEFAULT 0 CHECK (prompt_tokens >= 0),
    ADD COLUMN completion_tokens integer NOT NULL DEFAULT 0 CHECK (completion_tokens >= 0),
    ADD COLUMN cost_usd double precision NOT NULL DEFAULT 0 CHECK (cost_usd >= 0),
    -- Whoever may not start must not have been started.
    ADD CONSTRAINT evaluations_caution CHECK (caution = '' OR verdict <> 'start');

-- Tokens that a team's judgements took, a row a day (UTC). A call takes its tokens from the day's
-- budget before it is made and settles them after, so that calls side by side cannot overspend it.
CREATE TABLE model_usage (
    team_id text NOT NULL REFERENCES teams,
    day date NOT NULL,
    calls integer NOT NULL DEFAULT 0 CHECK (calls >= 0),
    -- Of calls under way, at their most.
    reserved_tokens bigint NOT NULL DEFAULT 0 CHECK (reserved_tokens >= 0),
    prompt_tokens bigint NOT NULL DEFAULT 0 CHECK (prompt_tokens >= 0),
    completion_tokens bigint NOT NULL DEFAULT 0 CHECK (completion_tokens >= 0),
    cost_usd double precision NOT NULL DEFAULT 0 CHECK (cost_usd >= 0),
    PRIMARY KEY (team_id, day)
);
