-- A task whose outward steps are all confirmed goes on with what follows: the gates that guard the steps no longer hold it, nor
-- does a line that they hold closed. It stands in a line of its own.
ALTER TABLE tasks ADD COLUMN acted BOOLEAN DEFAULT false NOT NULL;
GRANT UPDATE (acted) ON tasks TO callsheet_host;
UPDATE tasks t SET acted = true
WHERE t.status NOT IN ('completed', 'failed', 'cancelled')
  AND EXISTS (SELECT FROM effects e WHERE e.task_id = t.id AND e.outcome = 'confirmed');
DROP INDEX ix_tasks_pending;
CREATE INDEX ix_tasks_pending ON tasks (lane, coalesce(account_id, workspace_id), type, acted, rank, due_at, id)
    WHERE status = 'pending' AND wake_key IS NULL;
