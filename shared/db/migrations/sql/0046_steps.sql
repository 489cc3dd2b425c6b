-- What a task has made that costs something and is nothing outward (an upload, a container, a rendition): kept under the task and
-- the step until its end, so that a later attempt goes on from there.
CREATE TABLE kept_steps (
    task_id UUID NOT NULL,
    step TEXT NOT NULL,
    workspace_id UUID NOT NULL,
    attempt_id BIGINT NOT NULL,
    result JSONB NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_kept_steps PRIMARY KEY (task_id, step),
    CONSTRAINT fk_kept_steps_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_kept_steps_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT ck_kept_steps_finite CHECK (
        kept_at >= '0001-01-02 00:00+00' AND kept_at < '9999-12-31 00:00+00'
        AND expires_at >= '0001-01-02 00:00+00' AND expires_at < '9999-12-31 00:00+00')
);

-- How far a task is. Apart from the task, whose row is wide and has many indexes: this one is written every second.
CREATE TABLE task_progress (
    task_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    step TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT,
    unit TEXT NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_task_progress PRIMARY KEY (task_id),
    CONSTRAINT fk_task_progress_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_task_progress_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT ck_task_progress_within CHECK (done >= 0 AND (total IS NULL OR done <= total)),
    CONSTRAINT ck_task_progress_finite CHECK (
        told_at >= '0001-01-02 00:00+00' AND told_at < '9999-12-31 00:00+00')
);

-- Between two looks at something that is being made (`waits`), and how many of them have used up patience so far.
ALTER TABLE tasks ADD COLUMN waits BOOLEAN DEFAULT false NOT NULL, ADD COLUMN looks INTEGER DEFAULT 0 NOT NULL;

GRANT SELECT ON kept_steps, task_progress TO callsheet_gateway;
GRANT SELECT ON task_progress TO callsheet_dispatcher;
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_steps, task_progress TO callsheet_worker;
ALTER TABLE kept_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_progress ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON kept_steps TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY own_workspace ON task_progress TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON kept_steps TO callsheet_worker USING (true) WITH CHECK (true);
CREATE POLICY engine ON task_progress TO callsheet_worker, callsheet_dispatcher USING (true) WITH CHECK (true);
