-- A running task may make others, its children, under the name of a step. `awaits` says for which of them it waits.
ALTER TABLE tasks ADD COLUMN parent_id UUID, ADD COLUMN parent_step TEXT, ADD COLUMN awaits TEXT;
ALTER TABLE tasks ADD CONSTRAINT fk_tasks_parent_id FOREIGN KEY(parent_id) REFERENCES tasks (id) NOT VALID;
ALTER TABLE tasks ADD CONSTRAINT ck_tasks_child CHECK ((parent_id IS NULL) = (parent_step IS NULL)) NOT VALID;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_tasks_parent ON tasks (parent_id, parent_step, id) WHERE parent_id IS NOT NULL;

-- The children that one step of a task has made: stored once under (task, step), and counted as they end. `left_open` is the
-- counter by which their parent knows that all of them are over.
CREATE TABLE child_counts (
    task_id UUID NOT NULL,
    step TEXT NOT NULL,
    workspace_id UUID NOT NULL,
    attempt_id BIGINT NOT NULL,
    total INTEGER NOT NULL,
    left_open INTEGER NOT NULL,
    completed INTEGER DEFAULT 0 NOT NULL,
    failed INTEGER DEFAULT 0 NOT NULL,
    cancelled INTEGER DEFAULT 0 NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_child_counts PRIMARY KEY (task_id, step),
    CONSTRAINT fk_child_counts_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_child_counts_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT ck_child_counts_all CHECK (
        left_open >= 0 AND completed >= 0 AND failed >= 0 AND cancelled >= 0
        AND left_open + completed + failed + cancelled = total),
    CONSTRAINT ck_child_counts_finite CHECK (made_at >= '0001-01-02 00:00+00' AND made_at < '9999-12-31 00:00+00')
);
GRANT SELECT ON child_counts TO callsheet_gateway, callsheet_dispatcher;
GRANT SELECT, INSERT, UPDATE, DELETE ON child_counts TO callsheet_worker;
ALTER TABLE child_counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON child_counts TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON child_counts TO callsheet_worker, callsheet_dispatcher USING (true) WITH CHECK (true);

-- In the statement that ends a child, or lets it wait again: whoever does that, and however. After it, and so with the counter
-- of its workspace's events in hand: two who end children of the same parents never wait for each other. Who waits is woken
-- by a note, since its own row comes before that counter.
CREATE FUNCTION count_children() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    is_over boolean := NEW.status IN ('completed', 'failed', 'cancelled');
    was_over boolean := OLD.status IN ('completed', 'failed', 'cancelled');
    still_open integer;
BEGIN
    UPDATE public.child_counts c SET
        left_open = c.left_open + was_over::integer - is_over::integer,
        completed = c.completed + (NEW.status = 'completed')::integer - (OLD.status = 'completed')::integer,
        failed = c.failed + (NEW.status = 'failed')::integer - (OLD.status = 'failed')::integer,
        cancelled = c.cancelled + (NEW.status = 'cancelled')::integer - (OLD.status = 'cancelled')::integer
    WHERE c.task_id = NEW.parent_id AND c.step = NEW.parent_step RETURNING c.left_open INTO still_open;
    IF still_open = 0 THEN
        INSERT INTO public.wake_backlog (workspace_id, key) VALUES (NEW.workspace_id, 'task:children:' || NEW.parent_id);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION count_children() FROM PUBLIC;

CREATE TRIGGER count_children AFTER UPDATE OF status ON tasks FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL AND OLD.status IS DISTINCT FROM NEW.status
          AND (OLD.status IN ('completed', 'failed', 'cancelled') OR NEW.status IN ('completed', 'failed', 'cancelled')))
    EXECUTE FUNCTION count_children();
