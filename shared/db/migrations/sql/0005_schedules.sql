-- Recurring work, dependencies that wait for an end of any kind, and the archive of what finished long ago.

CREATE TABLE schedules (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    type TEXT NOT NULL,
    type_version SMALLINT NOT NULL,
    platform TEXT,
    account_id UUID,
    lane TEXT NOT NULL,
    priority SMALLINT NOT NULL,
    payload JSONB NOT NULL,
    payload_hash TEXT NOT NULL,
    resources JSONB DEFAULT '{}' NOT NULL,
    max_retries SMALLINT NOT NULL,
    approval_required BOOLEAN DEFAULT false NOT NULL,
    recipient TEXT,
    rule TEXT NOT NULL,
    zone TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE,
    missed TEXT NOT NULL,
    overlap TEXT NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_schedules PRIMARY KEY (id),
    CONSTRAINT fk_schedules_workspace_id_account_id FOREIGN KEY(workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    CONSTRAINT ck_schedules_missed CHECK (missed IN ('skip', 'run_once')),
    CONSTRAINT ck_schedules_overlap CHECK (overlap IN ('skip', 'queue')),
    CONSTRAINT fk_schedules_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_schedules_next_at ON schedules (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ix_schedules_workspace_id ON schedules (workspace_id, id);

-- No foreign key: an occurrence keeps the id of the schedule that made it, also when that is gone.
ALTER TABLE tasks ADD COLUMN schedule_id UUID, ADD COLUMN schedule_slot TIMESTAMP WITH TIME ZONE;
ALTER TABLE tasks ADD CONSTRAINT uq_tasks_schedule_id_schedule_slot UNIQUE (schedule_id, schedule_slot);
CREATE INDEX ix_tasks_schedule_open ON tasks (schedule_id)
    WHERE schedule_id IS NOT NULL AND status NOT IN ('completed', 'failed', 'cancelled');

-- `completed`: fails with what it waits for. `finished`: waits for an end of any kind, as an occurrence for the one before.
ALTER TABLE task_dependencies ADD COLUMN until TEXT DEFAULT 'completed' NOT NULL;
ALTER TABLE task_dependencies ADD CONSTRAINT ck_task_dependencies_until CHECK (until IN ('completed', 'finished'));

CREATE TABLE archived_tasks (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    document JSONB NOT NULL,
    CONSTRAINT pk_archived_tasks PRIMARY KEY (id),
    CONSTRAINT fk_archived_tasks_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_archived_tasks_workspace_id ON archived_tasks (workspace_id, id);

-- Whose a screenshot is, after its effect has gone into the archive: its address stands in the task's result.
CREATE TABLE archived_proofs (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    task_id UUID NOT NULL,
    CONSTRAINT pk_archived_proofs PRIMARY KEY (id),
    CONSTRAINT fk_archived_proofs_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT fk_archived_proofs_task_id FOREIGN KEY(task_id) REFERENCES archived_tasks (id)
);

CREATE INDEX ix_archived_proofs_task_id ON archived_proofs (task_id);

-- A page of the queue without a state: else a small workspace's page is looked for among everybody's tasks.
CREATE INDEX ix_tasks_workspace_id ON tasks (workspace_id, id);

-- What the archive looks for, and what the foreign keys ask for each task that leaves.
CREATE INDEX ix_tasks_finished ON tasks (finished_at) WHERE status IN ('completed', 'failed', 'cancelled');
CREATE INDEX ix_effects_task_id ON effects (task_id);
-- Events are appended in the order of time, so a few bytes for each 128 pages are enough to find the old ones.
CREATE INDEX ix_task_events_time ON task_events USING brin (time);

GRANT SELECT, INSERT, UPDATE, DELETE ON schedules TO callsheet_gateway;
GRANT SELECT, UPDATE ON schedules TO callsheet_dispatcher;
GRANT SELECT ON archived_tasks, archived_proofs TO callsheet_gateway;
GRANT SELECT, INSERT ON archived_tasks, archived_proofs TO callsheet_worker;
GRANT DELETE ON tasks, task_dependencies, task_events, attempts, effects, proofs TO callsheet_worker;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['schedules', 'archived_tasks', 'archived_proofs'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;
END $$;

-- A task's row changes some six times in its life. With PostgreSQL's default (a fifth of the table) a million stored tasks
-- would gather 200,000 dead rows before anybody tidies up, and the small partial indexes that the dispatcher reads every
-- tick would carry all of them; statistics as old as that choose wrong plans. At a fiftieth the visits are short and many.
ALTER TABLE tasks SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE attempts SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE effects SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
-- Only appended to, and removed from the old end: what counts here are insertions, for the visibility map and the BRIN index.
ALTER TABLE task_events SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.02,
                             autovacuum_analyze_scale_factor = 0.05);
