-- Figures by day, so that App Home counts no history, and a feed that is filtered from indexes.

-- Versions keep their content; their stored form gains what steps can say since.
UPDATE workflow_versions
SET definition = jsonb_set(definition, '{steps}', coalesce((
    SELECT jsonb_agg('{"saves_min": 0}' || step ORDER BY position)
    FROM jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS s (step, position)
), '[]'));

-- An evaluation is found by where its message is, and by what came of it.
ALTER TABLE evaluations
    ADD COLUMN channel_id text,
    ADD COLUMN outcome text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN verdict = 'start' THEN 'started'
            WHEN verdict = 'propose' THEN 'proposed'
            WHEN reason IN ('timed_out', 'failed') THEN 'unjudged'
            WHEN workflow_id IS NULL THEN 'no_sop'
            ELSE 'held'
        END
    ) STORED;
UPDATE evaluations AS e SET channel_id = s.channel_id FROM raw_signals AS s WHERE s.id = e.signal_id;

-- Whoever stores one may leave the channel to this: processes of the version before do.
CREATE FUNCTION evaluation_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT channel_id INTO NEW.channel_id FROM raw_signals WHERE id = NEW.signal_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER evaluation_place BEFORE INSERT ON evaluations
    FOR EACH ROW WHEN (NEW.channel_id IS NULL) EXECUTE FUNCTION evaluation_place();

-- The feed with its filters: the outcome, of which there are five, stands before the id, so that
-- the newest of some or all of them are read from the ends of a few index ranges.
CREATE INDEX evaluations_by_outcome ON evaluations (team_id, outcome, id DESC);
CREATE INDEX evaluations_by_channel ON evaluations (team_id, channel_id, outcome, id DESC);
CREATE INDEX evaluations_by_sop ON evaluations (team_id, workflow_id, outcome, id DESC)
    WHERE workflow_id IS NOT NULL;
CREATE INDEX evaluations_by_sop_and_channel
    ON evaluations (team_id, workflow_id, channel_id, outcome, id DESC)
    WHERE workflow_id IS NOT NULL;
DROP INDEX evaluations_feed;

-- What happened in a team on a day (UTC). Days without anything have no row.
CREATE TABLE daily_figures (
    team_id text NOT NULL,
    day date NOT NULL,
    signals bigint NOT NULL,
    started bigint NOT NULL,
    actions bigint NOT NULL,
    saved_min bigint NOT NULL,
    PRIMARY KEY (team_id, day)
);

-- The same of one SOP. `matched` counts a message once, however often it is judged.
CREATE TABLE daily_sop_figures (
    team_id text NOT NULL,
    workflow_id bigint NOT NULL REFERENCES workflows,
    day date NOT NULL,
    matched bigint NOT NULL,
    started bigint NOT NULL,
    approved bigint NOT NULL,
    dismissed bigint NOT NULL,
    actions bigint NOT NULL,
    saved_min bigint NOT NULL,
    PRIMARY KEY (team_id, day, workflow_id)
);

-- What is to be added to both. Rows are only ever inserted by the transactions that count, so that
-- none of these waits for another; once a minute they are folded into the tables above, and whoever
-- reads before that adds them up.
CREATE TABLE figure_changes (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL,
    day date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    workflow_id bigint REFERENCES workflows,
    signals bigint NOT NULL DEFAULT 0,
    matched bigint NOT NULL DEFAULT 0,
    started bigint NOT NULL DEFAULT 0,
    approved bigint NOT NULL DEFAULT 0,
    dismissed bigint NOT NULL DEFAULT 0,
    actions bigint NOT NULL DEFAULT 0,
    saved_min bigint NOT NULL DEFAULT 0
);
CREATE INDEX figure_changes_of_team ON figure_changes (team_id, day);

CREATE FUNCTION count_signals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (team_id, day, signals)
    SELECT team_id, (received_at AT TIME ZONE 'UTC')::date, count(*)
    FROM added
    WHERE state <> 'deleted'
    GROUP BY 1, 2;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_signals AFTER INSERT ON raw_signals
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_signals();

-- Matched: sure enough to be proposed, in a channel that the SOP watches; not a dry run.
CREATE FUNCTION count_matches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (team_id, workflow_id, matched)
    SELECT a.team_id, a.workflow_id, count(*)
    FROM added AS a
    WHERE a.workflow_id IS NOT NULL AND NOT a.dry_run
        AND a.reason NOT IN ('low_confidence', 'other_channel')
        AND NOT EXISTS (
            SELECT FROM evaluations AS e
            WHERE e.signal_id = a.signal_id AND e.id < a.id
                AND e.workflow_id = a.workflow_id AND NOT e.dry_run
                AND e.reason NOT IN ('low_confidence', 'other_channel')
        )
    GROUP BY a.team_id, a.workflow_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_matches AFTER INSERT ON evaluations
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_matches();

-- Started: by Auto-Pilot or a person; approved: by a person.
CREATE FUNCTION count_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    began boolean := NEW.started_at IS NOT NULL;
    dismissed boolean := NEW.state = 'dismissed';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        began := began AND OLD.started_at IS NULL;
        dismissed := dismissed AND OLD.state <> 'dismissed';
    END IF;
    IF began OR dismissed THEN
        INSERT INTO figure_changes (team_id, workflow_id, started, approved, dismissed)
        VALUES (
            NEW.team_id, NEW.workflow_id, began::int,
            (began AND NEW.started_by IS NOT NULL)::int, dismissed::int
        );
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_new_run AFTER INSERT ON runs
    FOR EACH ROW WHEN (NEW.started_at IS NOT NULL) EXECUTE FUNCTION count_run();
CREATE TRIGGER count_run AFTER UPDATE ON runs
    FOR EACH ROW WHEN (
        OLD.state <> NEW.state OR OLD.started_at IS DISTINCT FROM NEW.started_at
    ) EXECUTE FUNCTION count_run();

CREATE FUNCTION saved_min(run bigint, step text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT (s ->> 'saves_min')::bigint
        FROM runs AS r
        JOIN workflow_versions AS v
            ON v.workflow_id = r.workflow_id AND v.version = r.workflow_version
        CROSS JOIN LATERAL jsonb_array_elements(v.definition -> 'steps') AS s
        WHERE r.id = run AND s ->> 'id' = step
        LIMIT 1
    ), 0)
$$;

-- An action that LiveSOP carried out; one that a person says happened is not counted.
CREATE FUNCTION count_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (team_id, workflow_id, actions, saved_min)
    VALUES (NEW.team_id, NEW.workflow_id, 1, saved_min(NEW.run_id, NEW.step_id));
    RETURN NULL;
END
$$;
CREATE TRIGGER count_action AFTER UPDATE ON actions
    FOR EACH ROW WHEN (OLD.state = 'trying' AND NEW.state = 'done')
    EXECUTE FUNCTION count_action();

-- What is there already. The triggers above hold off writers until this is committed, so that
-- nothing is counted twice or missed.
INSERT INTO daily_figures (team_id, day, signals, started, actions, saved_min)
SELECT team_id, day, sum(signals), sum(started), sum(actions), 0
FROM (
    SELECT team_id, (received_at AT TIME ZONE 'UTC')::date AS day, 1 AS signals, 0 AS started,
        0 AS actions
    FROM raw_signals WHERE state <> 'deleted'
    UNION ALL
    SELECT team_id, (started_at AT TIME ZONE 'UTC')::date, 0, 1, 0
    FROM runs WHERE started_at IS NOT NULL
    UNION ALL
    SELECT team_id, (changed_at AT TIME ZONE 'UTC')::date, 0, 0, 1
    FROM actions WHERE state = 'done' AND tried_at IS NOT NULL
) AS known
GROUP BY team_id, day;

INSERT INTO daily_sop_figures (
    team_id, workflow_id, day, matched, started, approved, dismissed, actions, saved_min
)
SELECT team_id, workflow_id, day, sum(matched), sum(started), sum(approved), sum(dismissed),
    sum(actions), 0
FROM (
    (
        SELECT DISTINCT ON (signal_id, workflow_id)
            team_id, workflow_id, (created_at AT TIME ZONE 'UTC')::date AS day, 1 AS matched,
            0 AS started, 0 AS approved, 0 AS dismissed, 0 AS actions
        FROM evaluations
        WHERE workflow_id IS NOT NULL AND NOT dry_run
            AND reason NOT IN ('low_confidence', 'other_channel')
        ORDER BY signal_id, workflow_id, id
    )
    UNION ALL
    SELECT team_id, workflow_id, (started_at AT TIME ZONE 'UTC')::date, 0, 1,
        (started_by IS NOT NULL)::int, 0, 0
    FROM runs WHERE started_at IS NOT NULL
    UNION ALL
    SELECT team_id, workflow_id, (ended_at AT TIME ZONE 'UTC')::date, 0, 0, 0, 1, 0
    FROM runs WHERE state = 'dismissed'
    UNION ALL
    SELECT team_id, workflow_id, (changed_at AT TIME ZONE 'UTC')::date, 0, 0, 0, 0, 1
    FROM actions WHERE state = 'done' AND tried_at IS NOT NULL
) AS known
GROUP BY team_id, workflow_id, day;
