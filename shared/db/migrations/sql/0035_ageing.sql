-- Who has moved up a step waits for the next: by the time alone, all of them were read in every round to find nobody.
DROP INDEX ix_tasks_ageing;
CREATE INDEX ix_tasks_ageing ON tasks ((priority - rank), due_at)
    WHERE status = 'pending' AND rank > 1 AND (wake_key IS NULL OR NOT starts_with(wake_key, 'task:'));
