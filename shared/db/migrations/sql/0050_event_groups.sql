-- What happens to many tasks at once may be one row: `seq` is then the last of its numbers, one for each of `task_ids` in their
-- order. `correlation_ids` stand beside them where not all have the same; that one is in `data`. By its group it is found from
-- each of its tasks, which name all their groups. What somebody did is audited task by task, and stays in rows of its own.
ALTER TABLE task_events ADD COLUMN task_ids UUID[], ADD COLUMN correlation_ids TEXT[], ADD COLUMN group_id UUID;
ALTER TABLE task_events ADD CONSTRAINT ck_task_events_group CHECK (
    (task_ids IS NULL AND correlation_ids IS NULL AND group_id IS NULL)
    OR (task_id IS NULL AND group_id IS NOT NULL AND cardinality(task_ids) BETWEEN 1 AND 1024 AND seq >= cardinality(task_ids)
        AND cardinality(coalesce(correlation_ids, '{}')) IN (0, cardinality(task_ids)) AND NOT data ? 'by')) NOT VALID;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_task_events_group_id ON task_events (group_id) WHERE group_id IS NOT NULL;

ALTER TABLE tasks ADD COLUMN event_groups UUID[];
