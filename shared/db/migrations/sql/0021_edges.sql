-- Two edges more. failed -> unknown: an effect of a failed task was found open; it is looked for, as any other.
-- pending -> awaiting_approval: what a text refers to is known now, so that somebody can see what they approve.
CREATE OR REPLACE FUNCTION guard_task_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.status || '>' || NEW.status) = ANY (ARRAY[
        'awaiting_approval>scheduled', 'awaiting_approval>pending', 'awaiting_approval>cancelled',
        'scheduled>pending', 'scheduled>cancelled',
        'pending>queued', 'pending>scheduled', 'pending>awaiting_approval', 'pending>failed', 'pending>cancelled',
        'queued>running', 'queued>pending', 'queued>cancelled',
        'running>completed', 'running>failed', 'running>unknown', 'running>scheduled', 'running>pending', 'running>cancelled',
        'unknown>completed', 'unknown>pending', 'unknown>failed', 'unknown>cancelled',
        'failed>pending', 'failed>unknown'
    ]) THEN
        RAISE EXCEPTION 'a task cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
