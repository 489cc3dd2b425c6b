-- Those of one entry above 0 wait together, until at least so many are completed; entry 0 are the plain ones, each for itself.
-- A task may stand in several entries, so the entry belongs to the key; the old key let nothing in that the new one refuses.
ALTER TABLE task_dependencies
    ADD COLUMN entry SMALLINT DEFAULT 0 NOT NULL,
    ADD COLUMN at_least SMALLINT,
    ADD COLUMN offset_s DOUBLE PRECISION,
    ADD CONSTRAINT ck_task_dependencies_some
        CHECK ((entry = 0) = (at_least IS NULL) AND entry >= 0 AND coalesce(at_least, 1) >= 1) NOT VALID,
    ADD CONSTRAINT ck_task_dependencies_offset_s
        CHECK (offset_s IS NULL OR (entry = 0 AND until = 'completed')) NOT VALID,
    ADD CONSTRAINT ck_task_dependencies_finite CHECK (offset_s BETWEEN 0 AND 2147483647) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE task_dependencies DROP CONSTRAINT pk_task_dependencies;
-- A primary key cannot be NOT VALID: the table is read once, while nobody writes to it.
-- squawk-ignore adding-serial-primary-key-field, disallowed-unique-constraint, constraint-missing-not-valid
ALTER TABLE task_dependencies ADD CONSTRAINT pk_task_dependencies PRIMARY KEY (task_id, entry, depends_on_id);

-- Whoever ends wakes those who wait for it among others; of those who wait for it alone there may be 200,000.
CREATE INDEX ix_task_dependencies_some ON task_dependencies (depends_on_id) WHERE entry > 0;
