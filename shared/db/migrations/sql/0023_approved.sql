-- What was approved is what goes out. A text that refers to the results of other tasks (`unfilled`) is approved once they stand in
-- it; and an approval is of the payload, the account and, unless the rule says otherwise, the time.
ALTER TABLE tasks ADD COLUMN unfilled BOOLEAN DEFAULT false NOT NULL, ADD COLUMN approved_account UUID,
    ADD COLUMN approved_for TIMESTAMP WITH TIME ZONE, ADD COLUMN approval_covers_time BOOLEAN DEFAULT true NOT NULL;

UPDATE tasks SET approved_account = account_id, approved_for = scheduled_for
WHERE approved_hash IS NOT NULL AND status NOT IN ('completed', 'failed', 'cancelled');
UPDATE tasks SET unfilled = true
WHERE payload::text LIKE '%{{ tasks.%' AND status NOT IN ('completed', 'failed', 'cancelled');
-- Somebody may have approved these before anybody could see what they say: they are asked again.
UPDATE tasks SET approved_hash = NULL WHERE unfilled AND approval_required AND approval_rule IS NULL;
UPDATE tasks SET status = 'pending', not_before = NULL
WHERE unfilled AND approval_required AND status IN ('awaiting_approval', 'scheduled');

DROP INDEX ix_tasks_approval;
CREATE INDEX ix_tasks_approval ON tasks (workspace_id, id)
    WHERE approval_required AND status IN ('awaiting_approval', 'scheduled', 'pending');
CREATE INDEX ix_tasks_unfilled ON tasks (id)
    WHERE unfilled AND approval_required AND status = 'pending' AND wake_key IS NULL;
