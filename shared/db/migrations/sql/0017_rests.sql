-- A worker that is there and leaves its lane alone says why, and until when if it knows: a Mac's hours, a person who uses it.
-- Roles that may write a worker's row may write this of it. Hosts of others write it too, so it has a bound.

ALTER TABLE workers ADD COLUMN rest_reason TEXT CONSTRAINT ck_workers_rest_reason CHECK (length(rest_reason) <= 200),
    ADD COLUMN rest_until TIMESTAMP WITH TIME ZONE;
