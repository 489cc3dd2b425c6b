-- A forecast finds who is parked by whose they are and where they run: by what they wait for alone, it read all who are parked.
CREATE INDEX ix_tasks_parked_place ON tasks (workspace_id, lane, rank, due_at, id)
    WHERE wake_key IS NOT NULL AND status = 'pending';
