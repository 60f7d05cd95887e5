-- What people ask LiveSOP for: runs that they start by hand, answers to their questions; and where
-- the documents that they gave were cited.

ALTER TABLE evaluations
    DROP CONSTRAINT evaluations_cause_check,
    ADD CONSTRAINT evaluations_cause_check CHECK (cause IN ('signal', 'replay', 'manual'));

-- Messages of LiveSOP that belong to no run: the answer to a question, and the first message of a
-- run that a person started in a channel. Each is posted once, as the message of a run is.
CREATE TABLE remarks (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    kind text NOT NULL CHECK (kind IN ('answer', 'opening')),
    channel_id text NOT NULL,
    -- Null: at the top of the channel.
    thread_ts text,
    -- The question that it answers; it is answered once, however often it is edited.
    signal_id bigint UNIQUE REFERENCES raw_signals ON DELETE CASCADE,
    -- The SOP that it opens, and what was written about the occasion until the run has it.
    workflow_id bigint,
    about text NOT NULL DEFAULT '',
    asked_by text NOT NULL CHECK (asked_by <> ''),
    -- What Slack calls the command: delivered again, it is the same.
    request text,
    idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    post_state text NOT NULL DEFAULT 'planned'
        CHECK (post_state IN ('planned', 'trying', 'posted', 'failed', 'cancelled')),
    post_ts text,
    post_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, request),
    FOREIGN KEY (workflow_id, team_id) REFERENCES workflows (id, team_id),
    CHECK ((kind = 'answer') = (signal_id IS NOT NULL)),
    CHECK ((kind = 'opening') = (workflow_id IS NOT NULL)),
    CHECK ((post_state = 'posted') = (post_ts IS NOT NULL)),
    CHECK ((post_state = 'failed') = (post_error IS NOT NULL))
);
-- For the sweep.
CREATE INDEX remarks_unposted ON remarks (created_at) WHERE post_state IN ('planned', 'trying');

-- The text as it was given, for the form that edits it; null where it is longer than the form takes,
-- and for documents from before.
ALTER TABLE documents ADD COLUMN body text CHECK (length(body) <= 3000);

-- Which documents an evaluation cited: kept by a trigger, so that it is so whoever stores one.
CREATE TABLE document_citations (
    evaluation_id bigint NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    cited_at timestamptz NOT NULL,
    PRIMARY KEY (evaluation_id, document_id)
);
CREATE INDEX document_citations_latest ON document_citations (document_id, cited_at DESC);

CREATE FUNCTION note_citations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO document_citations (evaluation_id, document_id, cited_at)
    SELECT NEW.id, d.id, NEW.created_at
    -- Locked, so that one that is being removed is waited for, and then left out.
    FROM (
        SELECT id FROM documents
        WHERE team_id = NEW.team_id AND id IN (
            SELECT c.document_id
            FROM jsonb_array_elements(NEW.citations) AS cited
            JOIN chunks AS c ON c.id = (cited ->> 'id')::bigint
        )
        ORDER BY id
        FOR KEY SHARE
    ) AS d;
    RETURN NULL;
END
$$;
CREATE TRIGGER evaluations_cite AFTER INSERT ON evaluations
    FOR EACH ROW WHEN (NEW.citations <> '[]')
    EXECUTE FUNCTION note_citations();

INSERT INTO document_citations (evaluation_id, document_id, cited_at)
SELECT DISTINCT e.id, c.document_id, e.created_at
FROM evaluations AS e
CROSS JOIN LATERAL jsonb_array_elements(e.citations) AS cited
JOIN chunks AS c ON c.id = (cited ->> 'id')::bigint
WHERE e.citations <> '[]' AND e.created_at > now() - interval '30 days'
    AND c.document_id IS NOT NULL;
