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
