-- The audit log: who did what and when, and what was before and after. Nothing in it ever changes.
--
-- Each team's rows are a chain: a row's hash covers its content and the hash of the row before. The
-- chain is the table's own work, so that no INSERT, however made, stands outside of it.

CREATE TABLE audit_log (
    team_id text NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    -- A Slack user's id, or 'command-line', or 'livesop'.
    actor text NOT NULL CHECK (actor <> '' AND strpos(actor, E'\n') = 0),
    kind text NOT NULL
        CHECK (kind IN ('switch', 'publish', 'replay', 'refusal', 'approval', 'action', 'run')),
    -- What it was done to: 'workflow:bug-report', 'signal:7'.
    subject text NOT NULL CHECK (subject <> '' AND strpos(subject, E'\n') = 0),
    before jsonb CHECK (jsonb_typeof(before) = 'object'),
    after jsonb CHECK (jsonb_typeof(after) = 'object'),
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (team_id, number)
);

-- The last row of each chain: what tells that rows are missing at the end, and what appends of one
-- team wait for. Checked at the commit, when the row is there.
CREATE TABLE audit_heads (
    team_id text PRIMARY KEY,
    number bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(hash) = 32),
    FOREIGN KEY (team_id, number) REFERENCES audit_log DEFERRABLE INITIALLY DEFERRED
);

-- The canonical form of a row is documented, and computed anew by `livesop audit verify`, in
-- livesop_bot/domain/audit.py.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head audit_heads;
BEGIN
    INSERT INTO audit_heads (team_id) VALUES (NEW.team_id) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT head FROM audit_heads WHERE team_id = NEW.team_id FOR UPDATE;
    NEW.number := head.number + 1;
    NEW.at := coalesce(NEW.at, clock_timestamp());  -- taken under the lock: in the rows' order
    NEW.previous := head.hash;
    NEW.hash := sha256(convert_to(concat_ws(
        E'\n', 'livesop.audit.1', NEW.team_id, NEW.number,
        (extract(epoch FROM NEW.at) * 1000000)::bigint, NEW.actor, NEW.kind, NEW.subject,
        coalesce(NEW.before::text, ''), coalesce(NEW.after::text, ''), encode(NEW.previous, 'hex')
    ), 'UTF8'));
    UPDATE audit_heads SET number = NEW.number, hash = NEW.hash WHERE team_id = NEW.team_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_counts BEFORE UPDATE ON audit_heads
    FOR EACH ROW
    WHEN (NEW.team_id <> OLD.team_id OR NEW.number <> OLD.number + 1)
    EXECUTE FUNCTION audit_refuse();

-- What was known of switches becomes the first rows.
INSERT INTO audit_log (team_id, at, actor, kind, subject, before, after)
SELECT
    team_id, changed_at, changed_by, 'switch', scope || ':' || subject,
    jsonb_build_object('on', lag(is_on) OVER (PARTITION BY team_id, scope, subject ORDER BY id)),
    jsonb_build_object('on', is_on)
FROM switch_history
ORDER BY id;
DROP TABLE switch_history;
