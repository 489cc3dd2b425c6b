-- Ids hardly become smaller, and to find that out took a twentieth of what PostgreSQL does for a task of a batch.
ALTER TABLE task_events ALTER COLUMN task_ids SET STORAGE EXTERNAL;
ALTER TABLE batches ALTER COLUMN task_ids SET STORAGE EXTERNAL;
