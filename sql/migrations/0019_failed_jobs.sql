-- Jobs that failed rest in the queue until they are tried again: the sweep asks for them by key, and
-- health counts them, however many others wait.
CREATE INDEX pgqueuer_failed ON pgqueuer (dedupe_key) WHERE status = 'failed';
