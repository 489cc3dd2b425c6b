-- Rules that hold whatever the code does: the state machine, effects that only move forward, events that are never rewritten.

CREATE FUNCTION guard_task_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.status || '>' || NEW.status) = ANY (ARRAY[
        'awaiting_approval>scheduled', 'awaiting_approval>pending', 'awaiting_approval>cancelled',
        'scheduled>pending', 'scheduled>cancelled',
        'pending>queued', 'pending>scheduled', 'pending>failed', 'pending>cancelled',
        'queued>running', 'queued>pending', 'queued>cancelled',
        'running>completed', 'running>failed', 'running>unknown', 'running>scheduled', 'running>pending', 'running>cancelled',
        'unknown>completed', 'unknown>pending', 'unknown>failed', 'unknown>cancelled',
        'failed>pending'
    ]) THEN
        RAISE EXCEPTION 'a task cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_task_status BEFORE UPDATE OF status ON tasks
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_task_status();

CREATE FUNCTION guard_task_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a task cannot begin as %', NEW.status USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER guard_task_birth BEFORE INSERT ON tasks
    FOR EACH ROW WHEN (NEW.status NOT IN ('awaiting_approval', 'scheduled', 'pending'))
    EXECUTE FUNCTION guard_task_birth();

CREATE FUNCTION guard_effect_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.outcome || '>' || NEW.outcome) = ANY (ARRAY[
        'intended>confirmed', 'intended>refused', 'intended>absent', 'intended>unknown',
        'unknown>confirmed', 'unknown>refused', 'unknown>absent',
        'absent>confirmed'
    ]) THEN
        RAISE EXCEPTION 'an effect cannot go from % to %', OLD.outcome, NEW.outcome USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_effect_outcome BEFORE UPDATE OF outcome ON effects
    FOR EACH ROW WHEN (OLD.outcome IS DISTINCT FROM NEW.outcome) EXECUTE FUNCTION guard_effect_outcome();

CREATE FUNCTION guard_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER guard_task_events BEFORE UPDATE ON task_events FOR EACH ROW EXECUTE FUNCTION guard_append_only();

INSERT INTO switches (name, is_on) VALUES ('kill', false);
INSERT INTO workspaces (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'Callsheet itself');
INSERT INTO event_counters (workspace_id) VALUES ('00000000-0000-7000-8000-000000000001');
