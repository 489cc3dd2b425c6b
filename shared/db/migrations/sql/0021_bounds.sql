-- What a round of the dispatcher costs is bounded by what is due, and not by what waits.

-- Looks at unknown outcomes are taken line by line, like all other work.
CREATE INDEX ix_tasks_verify_line ON tasks (lane, coalesce(account_id, workspace_id), type, verify_at)
    WHERE status = 'unknown' AND verify_at IS NOT NULL AND NOT verify_released;

-- What holds an account closed is looked up by the account: of other accounts' scopes there may be tens of thousands. A column,
-- and no index over an expression: under row-level security nothing but a leakproof comparison comes to an index.
ALTER TABLE scopes ADD COLUMN scope text GENERATED ALWAYS AS (split_part(key, '#', 1)) STORED;
ALTER TABLE scopes ALTER COLUMN scope SET NOT NULL;
CREATE INDEX ix_scopes_scope ON scopes (workspace_id, scope);
CREATE INDEX ix_scopes_connection ON scopes (workspace_id) WHERE gate = 'connection';
