-- Looks on the timetable: which accounts want their inbox read, when one was looked at last, and who is about to look.

ALTER TABLE accounts ADD COLUMN inbox_every_s INTEGER
    CONSTRAINT ck_accounts_inbox_every_s CHECK (inbox_every_s BETWEEN 300 AND 86400);
GRANT SELECT (inbox_every_s) ON accounts TO callsheet_host;

CREATE INDEX ix_tasks_looks ON tasks (account_id, type, due_at) WHERE type IN ('account_check', 'inbox_sync');
-- A handful of rows, however many tasks wait for an account.
CREATE INDEX ix_tasks_looks_open ON tasks (type, due_at)
    WHERE type IN ('account_check', 'inbox_sync') AND status IN ('scheduled', 'pending', 'queued', 'running');
