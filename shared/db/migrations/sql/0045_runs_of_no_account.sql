-- What is made of tasks of many accounts, or of none, belongs to no account; its tasks say who acts.
-- squawk-ignore ban-drop-not-null
ALTER TABLE runs ALTER COLUMN account_id DROP NOT NULL;
