-- Reminders, greetings, cards and what a thread is told of a switch are noted before Slack is asked
-- to post them, as answers are: two workers, or an answer of Slack that came late, posted them twice.
CREATE TABLE message_tries (
    key uuid PRIMARY KEY,
    tried_at timestamptz NOT NULL
);
