-- What follows the first outward step of a task (the second post of a thread, the first comment) is a part of it: the first one
-- has taken up its room in the budgets for all of them.
ALTER TABLE effects ADD COLUMN part BOOLEAN DEFAULT false NOT NULL;
