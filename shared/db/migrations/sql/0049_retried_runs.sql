-- A task of a run that was cancelled may be asked for once more: it waits for its time, and for whoever must approve it.
CREATE OR REPLACE FUNCTION guard_task_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.status || '>' || NEW.status) = ANY (ARRAY[
        'awaiting_approval>scheduled', 'awaiting_approval>pending', 'awaiting_approval>cancelled',
        'scheduled>pending', 'scheduled>cancelled', 'scheduled>unknown',
        'pending>queued', 'pending>scheduled', 'pending>awaiting_approval', 'pending>failed', 'pending>cancelled',
        'pending>unknown',
        'queued>running', 'queued>pending', 'queued>cancelled', 'queued>unknown',
        'running>completed', 'running>failed', 'running>unknown', 'running>scheduled', 'running>pending', 'running>cancelled',
        'unknown>completed', 'unknown>pending', 'unknown>failed', 'unknown>cancelled',
        'failed>pending', 'failed>unknown',
        'cancelled>awaiting_approval', 'cancelled>scheduled', 'cancelled>pending'
    ]) THEN
        RAISE EXCEPTION 'a task cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
