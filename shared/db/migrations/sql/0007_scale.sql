-- What a million stored tasks need: plans that go by index whatever the statistics said when they were made.

-- The engine's statements are few and each has its index. Their plans are generic and are kept for as long as a session lives:
-- one that was made while a table was small, or empty as in a new home, reads the whole table for ever after (measured: the
-- first 20,000 probes of a new home were done at 1,100 a second, the next at 3,000). Where there is no index nothing changes.
ALTER ROLE callsheet_dispatcher SET enable_seqscan = off;
ALTER ROLE callsheet_worker SET enable_seqscan = off;

-- A task's row is written anew some six times in its life, with an entry in each index that is for all rows. Few tasks are
-- slots of a timetable or a schedule, and many have no account: those columns are indexed where they say something.
ALTER TABLE tasks DROP CONSTRAINT uq_tasks_timetable_entry_timetable_slot;
ALTER TABLE tasks DROP CONSTRAINT uq_tasks_schedule_id_schedule_slot;
CREATE UNIQUE INDEX uq_tasks_timetable_slot ON tasks (timetable_entry, timetable_slot) WHERE timetable_entry IS NOT NULL;
CREATE UNIQUE INDEX uq_tasks_schedule_slot ON tasks (schedule_id, schedule_slot) WHERE schedule_id IS NOT NULL;
DROP INDEX ix_tasks_account;
CREATE INDEX ix_tasks_account ON tasks (account_id, status) WHERE account_id IS NOT NULL;

-- References that another one implies, and that were looked up some five times for each task: an event has its number from the
-- counter of its workspace, and an attempt its workspace from its task; both refer to the workspace themselves.
ALTER TABLE task_events DROP CONSTRAINT fk_task_events_workspace_id;
ALTER TABLE attempts DROP CONSTRAINT fk_attempts_workspace_id;

-- Room on each page for the next version of its rows: a note that touches no index then stays on the page and writes none.
ALTER TABLE tasks SET (fillfactor = 70);
ALTER TABLE attempts SET (fillfactor = 80);

-- How full the lanes are, in messages: what is released in one instant went out together, and a message takes its room until
-- the last of its tasks is done. Counted by tasks alone, a lane of small batches had hundreds of messages out, each with one
-- task, and a worker that could not keep up with them (measured: 500 tasks a second were late by seconds).
DROP FUNCTION lane_load(text[]);
CREATE FUNCTION lane_load(wanted text[])
    RETURNS TABLE (lane text, type text, released_at timestamptz, queued bigint, running bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT o.lane, o.type, o.released_at,
           count(*) FILTER (WHERE o.status <> 'running'), count(*) FILTER (WHERE o.status = 'running')
    FROM (
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status IN ('queued', 'running') AND (wanted IS NULL OR t.lane = ANY (wanted))
        UNION ALL
        -- A look at an unknown outcome takes room on the lane like any other message.
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status = 'unknown' AND t.verify_at IS NOT NULL AND t.verify_released
          AND (wanted IS NULL OR t.lane = ANY (wanted))
    ) o GROUP BY o.lane, o.type, o.released_at
$$;
REVOKE ALL ON FUNCTION lane_load(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lane_load(text[]) TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;
