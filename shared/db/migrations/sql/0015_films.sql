-- Films: how many are being made for an account is counted in every tick; workers keep the files that they fetch.

CREATE INDEX ix_tasks_making ON tasks (account_id)
    WHERE type = 'film' AND status NOT IN ('completed', 'failed', 'cancelled');

GRANT INSERT ON media TO callsheet_worker;
