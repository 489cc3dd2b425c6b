-- What a round of the dispatcher costs is bounded by what is due, and not by what waits.

-- Looks at unknown outcomes are taken line by line, like all other work.
CREATE INDEX ix_tasks_verify_line ON tasks (lane, coalesce(account_id, workspace_id), type, verify_at)
    WHERE status = 'unknown' AND verify_at IS NOT NULL AND NOT verify_released;
