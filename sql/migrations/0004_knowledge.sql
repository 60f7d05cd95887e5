-- Knowledge: documents that people gave, past cases, and what finds both again.

CREATE TABLE documents (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    title text NOT NULL CHECK (title <> ''),
    -- Where it came from: a kind for programs, words for people, and a link that leads there.
    kind text NOT NULL CHECK (kind IN ('text', 'message', 'file')),
    source text NOT NULL,
    link text,
    -- The Slack message it was taken from ('channel:ts'): the document goes when that is deleted.
    message text,
    added_by text NOT NULL,
    -- SHA-256 of the text: the same text is one document, whatever it was called.
    content_hash text NOT NULL CHECK (content_hash ~ '^[0-9a-f]{64}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Why its vectors could not be made; full text finds it all the same.
    vectors_failed_at timestamptz,
    vectors_error text,
    UNIQUE (team_id, content_hash),
    CHECK ((vectors_failed_at IS NULL) = (vectors_error IS NULL)),
    CHECK (message IS NULL OR kind <> 'text')
);
CREATE INDEX documents_of_message ON documents (team_id, message) WHERE message IS NOT NULL;
CREATE INDEX documents_failed ON documents (vectors_failed_at) WHERE vectors_failed_at IS NOT NULL;

-- What is searched: pieces of documents, and messages that an SOP answered. Secrets are masked.
CREATE TABLE chunks (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('passage', 'case')),
    document_id bigint REFERENCES documents ON DELETE CASCADE,
    signal_id bigint UNIQUE REFERENCES raw_signals ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 0),
    -- Title and headings above it, which say what it is about.
    heading text NOT NULL,
    text text NOT NULL CHECK (text <> ''),
    -- One configuration for every language: English stems and stop words. The words of another
    -- language are cut alike here and in the question, so the same form always meets.
    words tsvector NOT NULL
        GENERATED ALWAYS AS (to_tsvector('english', heading || ' ' || text)) STORED,
    UNIQUE (document_id, position),
    CHECK ((kind = 'passage') = (document_id IS NOT NULL)),
    CHECK ((kind = 'case') = (signal_id IS NOT NULL))
);
CREATE INDEX chunks_passages ON chunks USING gin (words) WHERE kind = 'passage';
CREATE INDEX chunks_cases ON chunks USING gin (words) WHERE kind = 'case';
CREATE INDEX chunks_cases_by_age ON chunks (team_id, id DESC) WHERE kind = 'case';

-- In how many chunks of a team a word is: rare words say more than common ones. The empty word
-- stands for the chunks themselves.
CREATE TABLE chunk_words (
    team_id text NOT NULL,
    kind text NOT NULL,
    word text NOT NULL,
    chunks integer NOT NULL CHECK (chunks >= 0),
    PRIMARY KEY (team_id, kind, word)
);

-- Counted here, so that the numbers are right whoever adds or removes, a cascade too. Words are
-- taken in one order, so that writers do not wait for each other in a circle.
CREATE FUNCTION count_chunk_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO chunk_words AS w (team_id, kind, word, chunks)
        SELECT c.team_id, c.kind, l.word, count(*)
        FROM changed AS c
        CROSS JOIN LATERAL (
            SELECT unnest(tsvector_to_array(c.words)) AS word UNION ALL SELECT ''
        ) AS l
        GROUP BY c.team_id, c.kind, l.word
        ORDER BY c.team_id, c.kind, l.word
        ON CONFLICT (team_id, kind, word) DO UPDATE SET chunks = w.chunks + excluded.chunks;
    ELSE
        WITH gone AS (
            SELECT c.team_id, c.kind, l.word, count(*) AS chunks
            FROM changed AS c
            CROSS JOIN LATERAL (
                SELECT unnest(tsvector_to_array(c.words)) AS word UNION ALL SELECT ''
            ) AS l
            GROUP BY c.team_id, c.kind, l.word
        ), held AS (
            SELECT w.team_id, w.kind, w.word, gone.chunks
            FROM gone JOIN chunk_words AS w USING (team_id, kind, word)
            ORDER BY w.team_id, w.kind, w.word
            FOR UPDATE OF w
        )
        UPDATE chunk_words AS w SET chunks = w.chunks - held.chunks
        FROM held
        WHERE (w.team_id, w.kind, w.word) = (held.team_id, held.kind, held.word);
        DELETE FROM chunk_words AS w
        USING (
            SELECT DISTINCT c.team_id, c.kind, l.word
            FROM changed AS c
            CROSS JOIN LATERAL (
                SELECT unnest(tsvector_to_array(c.words)) AS word UNION ALL SELECT ''
            ) AS l
        ) AS gone
        WHERE (w.team_id, w.kind, w.word) = (gone.team_id, gone.kind, gone.word)
            AND w.chunks = 0;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER chunks_added AFTER INSERT ON chunks
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_chunk_words();
CREATE TRIGGER chunks_removed AFTER DELETE ON chunks
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_chunk_words();
