-- What a round of the dispatcher costs is bounded by what is due, and not by what waits.

-- Looks at unknown outcomes are taken line by line, like all other work.
CREATE INDEX ix_tasks_verify_line ON tasks (lane, coalesce(account_id, workspace_id), type, verify_at)
    WHERE status = 'unknown' AND verify_at IS NOT NULL AND NOT verify_released;

-- What holds an account closed is looked up by the account: of other accounts' scopes there may be tens of thousands. A column,
-- and no index over an expression: under row-level security nothing but a leakproof comparison comes to an index.
-- The table holds what is closed just now: some thousands of rows at most, written anew in a moment.
-- squawk-ignore adding-field-with-default
ALTER TABLE scopes ADD COLUMN scope text GENERATED ALWAYS AS (split_part(key, '#', 1)) STORED;
-- squawk-ignore adding-not-nullable-field
ALTER TABLE scopes ALTER COLUMN scope SET NOT NULL;
CREATE INDEX ix_scopes_scope ON scopes (workspace_id, scope);
CREATE INDEX ix_scopes_connection ON scopes (workspace_id) WHERE gate = 'connection';

-- Who is parked is found by what it waits for, in the order in which it is taken; the facts that ring for nobody are looked at
-- one by one, however many wait for each.
DROP INDEX ix_tasks_parked;
CREATE INDEX ix_tasks_parked ON tasks (wake_key, rank, due_at, id) WHERE wake_key IS NOT NULL;
CREATE INDEX ix_tasks_looked_at ON tasks (wake_key) WHERE split_part(wake_key, ':', 1) IN ('credits', 'making', 'effect');

-- A task that waits for another has no place in a line, and grows no older in it.
DROP INDEX ix_tasks_ageing;
CREATE INDEX ix_tasks_ageing ON tasks (due_at)
    WHERE status = 'pending' AND rank > 1 AND (wake_key IS NULL OR NOT starts_with(wake_key, 'task:'));

-- What is still to be woken. The first of those who wait for a fact are woken with its change, the others by the dispatcher: of
-- one task there may be 200,000, and no transaction may be as long as that takes.
CREATE TABLE wake_backlog (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id UUID NOT NULL,
    key TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_wake_backlog PRIMARY KEY (id),
    CONSTRAINT fk_wake_backlog_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
GRANT SELECT, INSERT ON wake_backlog TO callsheet_gateway, callsheet_worker, callsheet_host;
GRANT SELECT, INSERT, DELETE ON wake_backlog TO callsheet_dispatcher;
ALTER TABLE wake_backlog ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON wake_backlog TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON wake_backlog TO callsheet_worker, callsheet_dispatcher USING (true) WITH CHECK (true);
CREATE POLICY host ON wake_backlog TO callsheet_host
    USING (workspace_id = (SELECT host_workspace())) WITH CHECK (workspace_id = (SELECT host_workspace()));

-- What was seen of credits is kept for so long and no longer.
GRANT DELETE ON credit_observations TO callsheet_worker;
CREATE INDEX ix_credit_observations_created_at ON credit_observations (created_at);
