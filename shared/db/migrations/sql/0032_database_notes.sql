-- Is this database what it was? Each home with a dispatcher has a row here, and keeps the same number and token in a file outside
-- PostgreSQL: a database that came back from an earlier state has an older row. The row names the start of the server, and the
-- timeline, on which it was compared: nothing outward begins on another one before it was compared again.
CREATE TABLE database_notes (
    place UUID NOT NULL,
    number BIGINT NOT NULL,
    token UUID NOT NULL,
    timeline TEXT NOT NULL,
    server_started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    noted_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_database_notes PRIMARY KEY (place),
    CONSTRAINT ck_database_notes_finite CHECK (
        server_started_at >= '0001-01-02 00:00+00' AND server_started_at < '9999-12-31 00:00+00'
        AND noted_at >= '0001-01-02 00:00+00' AND noted_at < '9999-12-31 00:00+00')
);

-- What was found: that what was written between `since` and `until` may be gone. Until `marked_at` the tasks that may have acted
-- in that span are still being marked, and nothing outward begins.
CREATE TABLE database_losses (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    found_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    marked_at TIMESTAMP WITH TIME ZONE,
    tasks INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_database_losses PRIMARY KEY (id),
    CONSTRAINT ck_database_losses_finite CHECK (
        found_at >= '0001-01-02 00:00+00' AND found_at < '9999-12-31 00:00+00'
        AND since >= '0001-01-02 00:00+00' AND since < '9999-12-31 00:00+00'
        AND until >= '0001-01-02 00:00+00' AND until < '9999-12-31 00:00+00'
        AND marked_at >= '0001-01-02 00:00+00' AND marked_at < '9999-12-31 00:00+00')
);
GRANT SELECT ON database_notes, database_losses
    TO callsheet_gateway, callsheet_worker, callsheet_dispatcher, callsheet_host;
GRANT INSERT, UPDATE ON database_notes, database_losses TO callsheet_dispatcher;
-- Ids of attempts that were given out in the lost span are not given out again: an attempt's id is the token of its lease.
GRANT UPDATE ON SEQUENCE attempts_id_seq TO callsheet_dispatcher;

ALTER TABLE tasks ADD COLUMN doubted_at TIMESTAMP WITH TIME ZONE;
-- The check on all instants of a task comes again in the next statement, with the new one.
-- squawk-ignore ban-drop-constraint
ALTER TABLE tasks DROP CONSTRAINT ck_tasks_finite;
DO $$
BEGIN
    EXECUTE (
        SELECT format('ALTER TABLE tasks ADD CONSTRAINT ck_tasks_finite CHECK (%s) NOT VALID', string_agg(
            format('(%1$I >= ''0001-01-02 00:00+00'' AND %1$I < ''9999-12-31 00:00+00'')', attname), ' AND ' ORDER BY attnum))
        FROM pg_attribute
        WHERE attrelid = 'tasks'::regclass AND attnum > 0 AND NOT attisdropped AND atttypid = 'timestamptz'::regtype);
END $$;

-- Three edges more: what may have been done in a lost span is unknown, whatever it waits for.
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
        'failed>pending', 'failed>unknown'
    ]) THEN
        RAISE EXCEPTION 'a task cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
