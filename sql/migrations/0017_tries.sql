-- Since when a message that LiveSOP posts may be in Slack. Whoever does not find it there waits until
-- what was sent then must have arrived, and posts it only if nobody has tried it since.
ALTER TABLE runs ADD COLUMN post_tried_at timestamptz;
ALTER TABLE remarks ADD COLUMN post_tried_at timestamptz;
ALTER TABLE reports ADD COLUMN tried_at timestamptz;

UPDATE runs SET post_tried_at = now() WHERE post_state = 'trying';
UPDATE remarks SET post_tried_at = now() WHERE post_state = 'trying';
UPDATE reports SET tried_at = now() WHERE state = 'trying';

ALTER TABLE runs ADD CONSTRAINT runs_tried CHECK (
    CASE post_state WHEN 'trying' THEN post_tried_at IS NOT NULL
        WHEN 'planned' THEN post_tried_at IS NULL ELSE true END
);
ALTER TABLE remarks ADD CONSTRAINT remarks_tried CHECK (
    CASE post_state WHEN 'trying' THEN post_tried_at IS NOT NULL
        WHEN 'planned' THEN post_tried_at IS NULL ELSE true END
);
ALTER TABLE reports ADD CONSTRAINT reports_tried CHECK (
    CASE state WHEN 'trying' THEN tried_at IS NOT NULL
        WHEN 'planned' THEN tried_at IS NULL ELSE true END
);
