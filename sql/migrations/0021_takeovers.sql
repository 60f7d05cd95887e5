-- A job that was taken over from a worker that died counts as tried: a message that ended whichever
-- process judged it was taken over for ever.
CREATE FUNCTION count_takeover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.attempts := OLD.attempts + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER count_takeover BEFORE UPDATE OF queue_manager_id ON pgqueuer
    FOR EACH ROW
    WHEN (
        OLD.status = 'picked' AND NEW.status = 'picked'
        AND OLD.queue_manager_id IS DISTINCT FROM NEW.queue_manager_id
    )
    EXECUTE FUNCTION count_takeover();
