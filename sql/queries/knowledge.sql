-- name: insert_document
-- Stores a document unless the team has its text. $1: team; $2: title; $3: kind; $4: source; $5: link; $6: message; $7: added by; $8: content hash; $9: its text, where the form takes it. Gives its id, or nothing.
INSERT INTO documents (team_id, title, kind, source, link, message, added_by, content_hash, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (team_id, content_hash) DO NOTHING
RETURNING id;

-- name: insert_passages
-- Stores a document's chunks. $1: team; $2: document; $3: headings; $4: texts.
INSERT INTO chunks (team_id, kind, document_id, position, heading, text)
SELECT $1, 'passage', $2, i.ordinal - 1, i.heading, i.text
FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS i (heading, text, ordinal);

-- name: knowledge_size
-- How many documents and passages a team has. $1: team.
SELECT
    (SELECT count(*) FROM documents WHERE team_id = $1) AS documents,
    coalesce((
        SELECT w.chunks FROM chunk_words AS w
        WHERE w.team_id = $1 AND w.kind = 'passage' AND w.word = ''
    ), 0) AS passages;

-- name: document_with_text
-- The document that has a text already. $1: team; $2: content hash.
SELECT d.*, (SELECT count(*) FROM chunks AS c WHERE c.document_id = d.id) AS chunks
FROM documents AS d
WHERE d.team_id = $1 AND d.content_hash = $2;

-- name: document_by_id
-- One document. $1: team; $2: id.
SELECT d.*, (SELECT count(*) FROM chunks AS c WHERE c.document_id = d.id) AS chunks
FROM documents AS d
WHERE d.team_id = $1 AND d.id = $2;

-- name: team_documents
-- A team's documents, newest first. $1: team; $2: how many at most.
SELECT d.*, (SELECT count(*) FROM chunks AS c WHERE c.document_id = d.id) AS chunks
FROM documents AS d
WHERE d.team_id = $1
ORDER BY d.id DESC
LIMIT $2;

-- name: documents_page
-- A page of a team's documents, newest first, each with how often it was cited in 30 days. $1: team; $2: words that it must have (empty: none); $3: how many to pass over; $4: how many at most. Gives also how many there are on all pages.
SELECT d.*,
    (SELECT count(*) FROM chunks AS c WHERE c.document_id = d.id) AS chunks,
    (
        SELECT count(*) FROM document_citations AS c
        WHERE c.document_id = d.id AND c.cited_at > now() - interval '30 days'
    ) AS cited,
    count(*) OVER () AS found
FROM documents AS d
WHERE d.team_id = $1 AND (
    $2 = '' OR strpos(lower(d.title || ' ' || d.source), lower($2)) > 0 OR EXISTS (
        SELECT FROM chunks AS c
        WHERE c.document_id = d.id AND c.words @@ plainto_tsquery('english', $2)
    )
)
ORDER BY d.id DESC
OFFSET $3 LIMIT $4;

-- name: count_citations
-- How often a document was cited in 30 days. $1: team; $2: document.
SELECT count(*)
FROM document_citations AS c
JOIN documents AS d ON d.id = c.document_id
WHERE d.team_id = $1 AND d.id = $2 AND c.cited_at > now() - interval '30 days';

-- name: latest_citations
-- Where documents were cited last, newest first; messages that were deleted are left out. $1: team; $2: documents; $3: how many of each at most.
SELECT l.document_id, l.cited_at, s.permalink, s.channel_id
FROM unnest($2::bigint[]) AS d (id)
CROSS JOIN LATERAL (
    SELECT c.document_id, c.cited_at, c.evaluation_id FROM document_citations AS c
    WHERE c.document_id = d.id AND c.cited_at > now() - interval '30 days'
    ORDER BY c.cited_at DESC
    LIMIT $3
) AS l
JOIN evaluations AS e ON e.id = l.evaluation_id AND e.team_id = $1
JOIN raw_signals AS s ON s.id = e.signal_id AND s.deleted_at IS NULL
ORDER BY l.document_id, l.cited_at DESC;

-- name: documents_lacking
-- Which of these documents have a chunk without a vector of a model. $1: documents; $2: model.
SELECT DISTINCT c.document_id
FROM chunks AS c
LEFT JOIN chunk_vectors AS v ON v.chunk_id = c.id AND v.model = $2
WHERE c.document_id = ANY($1::bigint[]) AND v.chunk_id IS NULL;

-- name: document_pieces
-- A document's chunks in their order. $1: team; $2: document.
SELECT heading, text FROM chunks WHERE team_id = $1 AND document_id = $2 ORDER BY position;

-- name: update_document
-- Gives a document another title and text, unless the team has that text already. $1: team; $2: id; $3: title; $4: content hash; $5: its text, where the form takes it. Gives its id, or nothing.
UPDATE documents AS d
SET title = $3, content_hash = $4, body = $5, vectors_failed_at = NULL, vectors_error = NULL
WHERE d.team_id = $1 AND d.id = $2 AND NOT EXISTS (
    SELECT FROM documents AS other
    WHERE other.team_id = $1 AND other.content_hash = $4 AND other.id <> $2
)
RETURNING d.id;

-- name: remove_pieces
-- Removes a document's chunks, and their vectors with them. $1: document.
DELETE FROM chunks WHERE document_id = $1;

-- name: remove_document
-- Removes a document with all that was made of it. $1: team; $2: id. Gives its id, or nothing.
DELETE FROM documents WHERE team_id = $1 AND id = $2 RETURNING id;

-- name: forget_messages
-- Removes documents that were taken from deleted messages. $1: teams; $2: messages ('channel:ts').
DELETE FROM documents AS d
USING unnest($1::text[], $2::text[]) AS gone (team_id, message)
WHERE d.team_id = gone.team_id AND d.message = gone.message;

-- name: forget_cases
-- Removes what was kept of signals to find them again. $1: signal ids. Gives those of which something was.
DELETE FROM chunks WHERE signal_id = ANY($1::bigint[]) RETURNING signal_id;

-- name: forget_changed_case
-- Removes what was kept of a signal's earlier text. $1: signal; $2: the text that is kept now.
DELETE FROM chunks WHERE signal_id = $1 AND text <> $2;

-- name: hold_answered_signal
-- Holds a signal as it was read, to the end of the transaction. $1: signal; $2: revision. Gives its team, or nothing if it was edited or deleted meanwhile, or was never answered.
SELECT team_id FROM raw_signals
WHERE id = $1 AND revision = $2 AND deleted_at IS NULL
    AND EXISTS (SELECT FROM runs WHERE runs.signal_id = $1)
FOR SHARE;

-- name: insert_case
-- Keeps a signal that an SOP answered, unless it is kept already. $1: team; $2: signal; $3: its text, masked.
INSERT INTO chunks (team_id, kind, signal_id, position, heading, text)
VALUES ($1, 'case', $2, 0, '', $3)
ON CONFLICT (signal_id) DO NOTHING;

-- name: prune_cases
-- Forgets a team's oldest cases. $1: team; $2: how many stay.
DELETE FROM chunks
WHERE team_id = $1 AND kind = 'case' AND id <= (
    SELECT id FROM chunks
    WHERE team_id = $1 AND kind = 'case'
    ORDER BY id DESC
    OFFSET $2
    LIMIT 1
);

-- name: signal_for_case
-- What a case is made of. $1: signal id.
SELECT revision, text FROM raw_signals WHERE id = $1 AND deleted_at IS NULL;

-- name: find_by_words
-- Chunks that share telling words with a question, best first. $1: team; $2: kind; $3: question; $4: how many; $5: how many words count. Gives id, and the share (0..1) of what the question's words say that the chunk has.
WITH asked AS MATERIALIZED (
    SELECT
        l.lexeme AS word,
        w.chunks AS known,
        size.chunks AS all_chunks,
        ln(1 + (size.chunks - coalesce(w.chunks, 0) + 0.5) / (coalesce(w.chunks, 0) + 0.5))
            AS weight
    FROM unnest(to_tsvector('english', $3)) AS l
    JOIN chunk_words AS size ON size.team_id = $1 AND size.kind = $2 AND size.word = ''
    LEFT JOIN chunk_words AS w ON w.team_id = $1 AND w.kind = $2 AND w.word = l.lexeme
), telling AS MATERIALIZED (
    SELECT
        ('''' || replace(replace(word, '\', '\\'), '''', '''''') || '''')::tsquery AS query,
        weight
    FROM asked
    WHERE known <= greatest(all_chunks / 5, 20)  -- what is everywhere tells nothing
    ORDER BY weight DESC, word
    LIMIT $5
)
SELECT c.id, sum(telling.weight) / (SELECT sum(weight) FROM asked) AS share
FROM telling
CROSS JOIN LATERAL (
    -- Each kind has an index of its own. OFFSET 0: by that index, whatever the planner believes
    -- about a team's size.
    (SELECT id, team_id FROM chunks
    WHERE $2 = 'passage' AND kind = 'passage' AND words @@ telling.query OFFSET 0)
    UNION ALL
    (SELECT id, team_id FROM chunks
    WHERE $2 = 'case' AND kind = 'case' AND words @@ telling.query OFFSET 0)
) AS c
WHERE c.team_id = $1
GROUP BY c.id
-- One word in common is a coincidence, unless it is half of what was asked.
HAVING count(*) > 1 OR sum(telling.weight) >= 0.5 * (SELECT sum(weight) FROM asked)
ORDER BY share DESC, c.id
LIMIT $4;

-- name: find_by_vector
-- Chunks that mean what a question means, nearest first. $1: team; $2: kind; $3: model; $4: the question's vector, as text; $5: how many. Gives id and cosine similarity. Every vector of the team is looked at: exact, and none of another team is in the way.
WITH asked AS MATERIALIZED (  -- read once, not again for every row
    SELECT question.vector, vector_dims(question.vector) AS dims
    FROM (SELECT $4::text::vector AS vector OFFSET 0) AS question
), measured AS MATERIALIZED (
    SELECT
        v.chunk_id,
        -- A service that changed its dimensions under the same name must not break the search.
        CASE WHEN vector_dims(v.embedding) = asked.dims
            THEN v.embedding <=> asked.vector
        END AS distance
    FROM chunk_vectors AS v
    CROSS JOIN asked
    WHERE v.team_id = $1 AND v.kind = $2 AND v.model = $3
)
SELECT chunk_id AS id, 1 - distance AS similarity
FROM measured
WHERE distance IS NOT NULL
ORDER BY distance, chunk_id
LIMIT $5;

-- name: passages_by_id
-- Passages to read. $1: team; $2: ids.
SELECT c.id, c.heading, c.text, d.title, d.source, d.link
FROM chunks AS c
JOIN documents AS d ON d.id = c.document_id
WHERE c.team_id = $1 AND c.id = ANY($2::bigint[]);

-- name: cases_by_id
-- Cases to read, with what their latest run came to, and whether people say that its SOP fits (null: nobody did). $1: team; $2: chunk ids.
SELECT c.id, c.text, s.id AS signal_id, s.channel_id, s.permalink, s.occurred_at, r.state,
    v.definition ->> 'title' AS workflow_title,
    (
        SELECT fits FROM verdicts AS said
        WHERE said.signal_id = s.id AND said.workflow_id = r.workflow_id
            AND said.replaced_at IS NULL
    ) AS fits
FROM chunks AS c
JOIN raw_signals AS s ON s.id = c.signal_id AND s.deleted_at IS NULL
JOIN LATERAL (
    SELECT state, workflow_id, workflow_version FROM runs
    WHERE runs.signal_id = s.id
    ORDER BY runs.id DESC
    LIMIT 1
) AS r ON true
JOIN workflow_versions AS v ON v.workflow_id = r.workflow_id AND v.version = r.workflow_version
WHERE c.team_id = $1 AND c.id = ANY($2::bigint[]);

-- name: has_knowledge
-- Whether a team has anything to be found. $1: team; $2: kind.
SELECT EXISTS (
    SELECT FROM chunk_words WHERE team_id = $1 AND kind = $2 AND word = '' AND chunks > 0
);

-- name: vectors_ready
-- Whether this database can hold vectors.
SELECT EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass('chunk_vectors') AND attname = 'embedding' AND NOT attisdropped
);

-- name: vectors_available
-- Whether the server has pgvector, in use or not.
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector');

-- name: create_vector_extension
-- Switches pgvector on.
CREATE EXTENSION IF NOT EXISTS vector;

-- name: create_vectors
-- The vectors of chunks, each with its model: vectors of two models are never compared. Apart from the migrations, for a server may have no pgvector, or get it later.
CREATE TABLE IF NOT EXISTS chunk_vectors (
    chunk_id bigint NOT NULL REFERENCES chunks ON DELETE CASCADE,
    team_id text NOT NULL,
    kind text NOT NULL,
    model text NOT NULL CHECK (model <> ''),
    embedding vector NOT NULL CHECK (vector_norm(embedding) > 0),
    -- With the model, so that what is missing is seen without reading vectors.
    PRIMARY KEY (chunk_id) INCLUDE (model)
);

-- name: store_vectors_inline
-- Keeps vectors in their rows while they fit into a page: fetching each from elsewhere takes five times as long as comparing them.
ALTER TABLE chunk_vectors ALTER COLUMN embedding SET STORAGE MAIN;

-- name: create_vectors_index
-- What scopes every search to a team, a kind and a model.
CREATE INDEX IF NOT EXISTS chunk_vectors_of_team ON chunk_vectors (team_id, kind, model);

-- name: chunks_to_embed
-- Chunks of a document or of a signal that have no vector of a model. $1: document (null: none); $2: signal (null: none); $3: model; $4: how many at most.
SELECT c.id, c.team_id, c.heading, c.text
FROM (
    SELECT * FROM chunks WHERE document_id = $1 UNION ALL SELECT * FROM chunks WHERE signal_id = $2
) AS c
LEFT JOIN chunk_vectors AS v ON v.chunk_id = c.id AND v.model = $3
WHERE v.chunk_id IS NULL
ORDER BY c.id
LIMIT $4;

-- name: store_vectors
-- Stores vectors, in place of another model's; those of chunks that are gone are left out. $1: chunk ids; $2: model; $3: vectors, as text.
INSERT INTO chunk_vectors (chunk_id, team_id, kind, model, embedding)
SELECT c.id, c.team_id, c.kind, $2, i.embedding::vector
FROM unnest($1::bigint[], $3::text[]) AS i (chunk_id, embedding)
JOIN (SELECT * FROM chunks WHERE id = ANY($1::bigint[]) FOR KEY SHARE) AS c ON c.id = i.chunk_id
ORDER BY c.id
ON CONFLICT (chunk_id) DO UPDATE SET model = excluded.model, embedding = excluded.embedding;

-- name: set_vectors_failed
-- Notes why a document's vectors could not be made. $1: document; $2: why, for people.
UPDATE documents SET vectors_failed_at = now(), vectors_error = $2 WHERE id = $1;

-- name: set_vectors_made
-- Notes that a document's vectors are there. $1: document.
UPDATE documents SET vectors_failed_at = NULL, vectors_error = NULL
WHERE id = $1 AND vectors_failed_at IS NOT NULL;

-- name: vectors_due
-- Documents and signals that lack vectors of a model, but documents that failed lately. $1: model; $2: what lately is (interval); $3: signals, too; $4: how many at most.
SELECT DISTINCT c.document_id, c.signal_id
FROM chunks AS c
LEFT JOIN chunk_vectors AS v ON v.chunk_id = c.id AND v.model = $1
LEFT JOIN documents AS d ON d.id = c.document_id
WHERE v.chunk_id IS NULL
    AND (d.vectors_failed_at IS NULL OR d.vectors_failed_at < now() - $2::interval)
    AND ($3 OR c.signal_id IS NULL)
LIMIT $4;

-- name: vectors_state
-- How many documents and signals lack vectors of a model, and how many of these documents failed. $1: model.
SELECT
    count(*) FILTER (WHERE NOT failed) AS waiting,
    count(*) FILTER (WHERE failed) AS failed
FROM (
    SELECT DISTINCT c.document_id, c.signal_id, d.vectors_failed_at IS NOT NULL AS failed
    FROM chunks AS c
    LEFT JOIN chunk_vectors AS v ON v.chunk_id = c.id AND v.model = $1
    LEFT JOIN documents AS d ON d.id = c.document_id
    WHERE v.chunk_id IS NULL
) AS lacking;
