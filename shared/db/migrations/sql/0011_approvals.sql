-- Approval by rules: who wrote a task, who asked for it, until when somebody may approve it, and by which rule nobody has to.

CREATE TABLE approval_rules (
    workspace_id UUID NOT NULL,
    document JSONB NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_approval_rules PRIMARY KEY (workspace_id),
    CONSTRAINT fk_approval_rules_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

ALTER TABLE tasks ADD COLUMN author TEXT DEFAULT 'person' NOT NULL, ADD COLUMN asked_by TEXT,
    ADD COLUMN approval_until TIMESTAMP WITH TIME ZONE, ADD COLUMN approval_rule TEXT;
-- The column is new: the scan reads one value, a million times a second.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE tasks ADD CONSTRAINT ck_tasks_author CHECK (author IN ('person', 'template', 'ai'));
ALTER TABLE schedules ADD COLUMN author TEXT DEFAULT 'person' NOT NULL, ADD COLUMN asked_by TEXT;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE schedules ADD CONSTRAINT ck_schedules_author CHECK (author IN ('person', 'template', 'ai'));

CREATE INDEX ix_tasks_approval ON tasks (workspace_id, id)
    WHERE approval_required AND approved_hash IS DISTINCT FROM payload_hash
          AND status IN ('awaiting_approval', 'scheduled', 'pending');
CREATE INDEX ix_tasks_approval_until ON tasks (approval_until) WHERE approval_until IS NOT NULL;
CREATE INDEX ix_tasks_approval_rule ON tasks (workspace_id, approval_rule, created_at) WHERE approval_rule IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON approval_rules TO callsheet_gateway;
GRANT SELECT ON approval_rules TO callsheet_worker, callsheet_dispatcher;
ALTER TABLE approval_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON approval_rules TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON approval_rules TO callsheet_worker, callsheet_dispatcher USING (true) WITH CHECK (true);
