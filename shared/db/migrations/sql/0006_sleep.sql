-- Sleep, what wakes the system from it, circuit breakers, and runs whose tasks have been archived.

-- One row for the whole system. Asked for and not yet asleep: it falls asleep. Asleep and no longer asked for: it wakes. Who
-- asks writes `asked_at`; the leading dispatcher alone writes the rest, under its lease.
CREATE TABLE sleep (
    only_row BOOLEAN DEFAULT true NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE,
    asked_by TEXT,
    asleep_since TIMESTAMP WITH TIME ZONE,
    wakes_at TIMESTAMP WITH TIME ZONE,
    trigger TEXT,
    CONSTRAINT pk_sleep PRIMARY KEY (only_row),
    CONSTRAINT ck_sleep_only_row CHECK (only_row)
);
INSERT INTO sleep DEFAULT VALUES;

CREATE TABLE wakes (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    trigger TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_wakes PRIMARY KEY (id),
    CONSTRAINT fk_wakes_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX ix_wakes_at ON wakes (at);
CREATE INDEX ix_wakes_workspace_id_at ON wakes (workspace_id, at);

-- A row of the timetable that runs asleep says so on its tasks, so that every gate sees it.
ALTER TABLE tasks ADD COLUMN runs_asleep BOOLEAN DEFAULT false NOT NULL;

-- One row for each destination and capability that has failed lately: `<platform>:<transport>:<capability>`.
CREATE TABLE breakers (
    workspace_id UUID NOT NULL,
    key TEXT NOT NULL,
    failed_at TIMESTAMP WITH TIME ZONE[] DEFAULT '{}' NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    opened INTEGER DEFAULT 0 NOT NULL,
    opens_at TIMESTAMP WITH TIME ZONE,
    trial_task_id UUID,
    error TEXT,
    CONSTRAINT pk_breakers PRIMARY KEY (workspace_id, key),
    CONSTRAINT fk_breakers_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT ck_breakers_open_until CHECK ((opened = 0) = (opens_at IS NULL))
);

-- What a run was made of stays known. A column, since what stands in a document has no index under row-level security.
ALTER TABLE archived_tasks ADD COLUMN run_id UUID;
UPDATE archived_tasks SET run_id = (document -> 'task' ->> 'run_id')::uuid WHERE document -> 'task' ->> 'run_id' IS NOT NULL;
CREATE INDEX ix_archived_tasks_run ON archived_tasks (run_id) WHERE run_id IS NOT NULL;

GRANT SELECT ON sleep, wakes, breakers TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;
GRANT UPDATE ON sleep TO callsheet_gateway, callsheet_dispatcher;
GRANT INSERT, DELETE ON wakes TO callsheet_gateway;
GRANT DELETE ON wakes TO callsheet_dispatcher;
GRANT DELETE ON breakers TO callsheet_gateway;
GRANT INSERT, UPDATE, DELETE ON breakers TO callsheet_worker;
GRANT UPDATE ON breakers TO callsheet_dispatcher;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['wakes', 'breakers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;
END $$;
