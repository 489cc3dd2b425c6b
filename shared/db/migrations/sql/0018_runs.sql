-- Runs that search and comment, windows for messages, and hours in which a task may run.

ALTER TABLE tasks ADD COLUMN hours JSONB;

ALTER TABLE runs ADD COLUMN report JSONB;
-- The wider check lets through whatever the narrower one did, so the rows that are there need not be looked at.
-- squawk-ignore ban-drop-constraint
ALTER TABLE runs DROP CONSTRAINT ck_runs_kind;
ALTER TABLE runs ADD CONSTRAINT ck_runs_kind CHECK (kind IN ('trilogy', 'comment_run', 'message_window')) NOT VALID;

-- Whoever stores a task that begins a run stores the run with it; a search's worker says what was found.
GRANT INSERT ON runs TO callsheet_dispatcher, callsheet_worker;

-- Whether a post was commented on long ago: what finished then is in the archive. Addresses are compared without what follows
-- their path.
CREATE FUNCTION post_path(address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rtrim(split_part(split_part(address, '#', 1), '?', 1), '/')
$$;
CREATE FUNCTION commented_path(document jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT public.post_path(document -> 'task' -> 'payload' ->> 'post_url')
$$;
CREATE INDEX ix_archived_tasks_post ON archived_tasks (commented_path(document))
    WHERE document -> 'task' ->> 'type' = 'comment';
