-- A message that is out, of tasks that do nothing outside: as long as they have not ended, the row holds their lease, and no
-- attempt is written. Who ends them removes it; a message whose row is gone is stale.
CREATE TABLE batches (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    lane TEXT NOT NULL,
    type TEXT NOT NULL,
    task_ids UUID[] NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    publish_count SMALLINT DEFAULT 1 NOT NULL,
    host TEXT,
    pid INTEGER,
    process_identity TEXT,
    claimed_at TIMESTAMP WITH TIME ZONE,
    deadline_at TIMESTAMP WITH TIME ZONE,
    lease_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_batches PRIMARY KEY (id),
    CONSTRAINT fk_batches_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT ck_batches_size CHECK (cardinality(task_ids) BETWEEN 1 AND 1024),
    CONSTRAINT ck_batches_claimed CHECK (num_nulls(host, pid, claimed_at, deadline_at, lease_until) IN (0, 5)),
    CONSTRAINT ck_batches_finite CHECK (
        released_at >= '0001-01-02 00:00+00' AND released_at < '9999-12-31 00:00+00'
        AND published_at >= '0001-01-02 00:00+00' AND published_at < '9999-12-31 00:00+00'
        AND claimed_at >= '0001-01-02 00:00+00' AND claimed_at < '9999-12-31 00:00+00'
        AND deadline_at >= '0001-01-02 00:00+00' AND deadline_at < '9999-12-31 00:00+00'
        AND lease_until >= '0001-01-02 00:00+00' AND lease_until < '9999-12-31 00:00+00')
);
CREATE INDEX ix_batches_lane ON batches (lane);
GRANT SELECT ON batches TO callsheet_gateway;
GRANT SELECT, UPDATE, DELETE ON batches TO callsheet_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON batches TO callsheet_dispatcher;
-- Whoever finds a batch lost writes what was tried.
GRANT INSERT ON attempts TO callsheet_dispatcher;
ALTER TABLE batches ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON batches TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON batches TO callsheet_worker, callsheet_dispatcher USING (true) WITH CHECK (true);

-- The message with which a queued task is out. While its batch is claimed it is running, though its own row says `queued`.
ALTER TABLE tasks ADD COLUMN batch_id UUID;
ALTER TABLE tasks ADD CONSTRAINT ck_tasks_batch_is_out CHECK (batch_id IS NULL OR status = 'queued') NOT VALID;

-- Whoever else takes a task out of its batch (cancels it, withdraws it, moves its lane; an earlier version too) holds the batch
-- until then: what is just being claimed is claimed with it or without it, and the numbers of the events follow that.
CREATE FUNCTION leave_batch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.batches b WHERE b.id = OLD.batch_id FOR SHARE;
    NEW.batch_id := NULL;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION leave_batch() FROM PUBLIC;
CREATE TRIGGER leave_batch BEFORE UPDATE OF status ON tasks FOR EACH ROW
    WHEN (OLD.batch_id IS NOT NULL AND NEW.batch_id IS NOT NULL AND NEW.status <> 'queued') EXECUTE FUNCTION leave_batch();

-- The edges are asked by the trigger's own condition, which costs a tenth of a call. Out of a batch a task ends as if it had
-- been running.
CREATE FUNCTION refuse_task_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a task cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
END $$;
REVOKE ALL ON FUNCTION refuse_task_edge() FROM PUBLIC;
DROP TRIGGER guard_task_status ON tasks;
CREATE TRIGGER guard_task_status BEFORE UPDATE OF status ON tasks FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status AND (OLD.status || '>' || NEW.status) NOT IN (
        'awaiting_approval>scheduled', 'awaiting_approval>pending', 'awaiting_approval>cancelled',
        'scheduled>pending', 'scheduled>cancelled', 'scheduled>unknown',
        'pending>queued', 'pending>scheduled', 'pending>awaiting_approval', 'pending>failed', 'pending>cancelled',
        'pending>unknown',
        'queued>running', 'queued>pending', 'queued>cancelled', 'queued>unknown',
        'running>completed', 'running>failed', 'running>unknown', 'running>scheduled', 'running>pending', 'running>cancelled',
        'unknown>completed', 'unknown>pending', 'unknown>failed', 'unknown>cancelled',
        'failed>pending', 'failed>unknown',
        'cancelled>awaiting_approval', 'cancelled>scheduled', 'cancelled>pending')
        AND NOT (OLD.batch_id IS NOT NULL AND NEW.status IN ('completed', 'failed', 'scheduled')))
    EXECUTE FUNCTION refuse_task_edge();
-- squawk-ignore ban-drop-function -- its trigger is gone
DROP FUNCTION guard_task_status();
