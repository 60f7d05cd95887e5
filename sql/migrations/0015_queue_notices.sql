-- Which kinds of jobs were queued. PgQueuer's own notice says only that the queue changed, after
-- each insert and each delete; on each one all five parts of a worker asked the database up to four
-- questions, nearly always for nothing.

CREATE FUNCTION tell_queued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('livesop_queued', string_agg(DISTINCT entrypoint, ' '))
    FROM queued
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_queued AFTER INSERT ON pgqueuer
    REFERENCING NEW TABLE AS queued FOR EACH STATEMENT EXECUTE FUNCTION tell_queued();
