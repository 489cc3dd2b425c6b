-- Do-not-contact: by domain too, and with where an entry came from. Whom a task is aimed at, by every name the list may use.

ALTER TABLE do_not_contact ADD COLUMN kind TEXT DEFAULT 'handle' NOT NULL, ADD COLUMN source TEXT DEFAULT 'person' NOT NULL,
    ADD COLUMN added_by TEXT DEFAULT '' NOT NULL;
-- Nothing wrote to this table before: it is empty, or was filled by hand.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE do_not_contact ADD CONSTRAINT ck_do_not_contact_kind CHECK (kind IN ('handle', 'domain')),
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT ck_do_not_contact_source CHECK (source IN ('person', 'import', 'stop_word'));
-- squawk-ignore ban-drop-constraint
ALTER TABLE do_not_contact DROP CONSTRAINT uq_do_not_contact_entry;
-- squawk-ignore constraint-missing-not-valid, disallowed-unique-constraint
ALTER TABLE do_not_contact ADD CONSTRAINT uq_do_not_contact_entry
    UNIQUE NULLS NOT DISTINCT (workspace_id, persona_id, platform, kind, handle);
CREATE INDEX ix_do_not_contact_workspace_id ON do_not_contact (workspace_id, id);

ALTER TABLE tasks ADD COLUMN targets TEXT[];
ALTER TABLE schedules ADD COLUMN targets TEXT[];
UPDATE tasks SET targets = ARRAY['@' || recipient]
    WHERE recipient IS NOT NULL AND status NOT IN ('completed', 'failed', 'cancelled');
UPDATE schedules SET targets = ARRAY['@' || recipient] WHERE recipient IS NOT NULL;

-- What somebody has written back is heard by a worker.
GRANT INSERT ON do_not_contact TO callsheet_worker;
