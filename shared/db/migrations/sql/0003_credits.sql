-- Credits: what pages showed, what is promised to tasks, and the runs whose parts begin together or not at all.

CREATE TABLE runs (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id UUID NOT NULL,
    when_credits INTEGER DEFAULT 0 NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (id),
    CONSTRAINT uq_runs_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT fk_runs_workspace_id_account_id FOREIGN KEY(workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    CONSTRAINT ck_runs_kind CHECK (kind IN ('trilogy')),
    CONSTRAINT ck_runs_state CHECK (state IN ('open', 'completed', 'partial', 'failed')),
    CONSTRAINT ck_runs_when_credits CHECK (when_credits >= 0),
    CONSTRAINT fk_runs_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_runs_account_id ON runs (account_id);

ALTER TABLE tasks ADD COLUMN run_id UUID;
ALTER TABLE tasks ADD CONSTRAINT fk_tasks_workspace_id_run_id
    FOREIGN KEY(workspace_id, run_id) REFERENCES runs (workspace_id, id);
CREATE INDEX ix_tasks_run ON tasks (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE credit_observations (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id UUID NOT NULL,
    platform TEXT NOT NULL,
    account_id UUID NOT NULL,
    known BOOLEAN NOT NULL,
    free INTEGER,
    paid INTEGER,
    refreshes_at TIMESTAMP WITH TIME ZONE,
    refreshed BOOLEAN DEFAULT false NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_credit_observations PRIMARY KEY (id),
    CONSTRAINT fk_credit_observations_workspace_id_account_id
        FOREIGN KEY(workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    CONSTRAINT ck_credit_observations_unknown_is_not_zero
        CHECK (known = (free IS NOT NULL) AND known = (paid IS NOT NULL)),
    CONSTRAINT ck_credit_observations_amounts CHECK (free >= 0 AND paid >= 0),
    CONSTRAINT fk_credit_observations_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_credit_observations_newest ON credit_observations (account_id, id);
CREATE INDEX ix_credit_observations_refreshes ON credit_observations (account_id, id) WHERE refreshed;

CREATE TABLE credit_reservations (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    platform TEXT NOT NULL,
    account_id UUID NOT NULL,
    task_id UUID NOT NULL,
    run_id UUID,
    amount INTEGER NOT NULL,
    state TEXT DEFAULT 'reserved' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_credit_reservations PRIMARY KEY (id),
    CONSTRAINT fk_credit_reservations_task_id FOREIGN KEY(task_id) REFERENCES tasks (id) ON DELETE CASCADE,
    CONSTRAINT fk_credit_reservations_workspace_id_account_id
        FOREIGN KEY(workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    CONSTRAINT fk_credit_reservations_workspace_id_run_id
        FOREIGN KEY(workspace_id, run_id) REFERENCES runs (workspace_id, id),
    CONSTRAINT ck_credit_reservations_amount CHECK (amount > 0),
    CONSTRAINT ck_credit_reservations_state CHECK (state IN ('reserved', 'spent', 'released')),
    CONSTRAINT ck_credit_reservations_settled CHECK ((state = 'reserved') = (settled_at IS NULL)),
    CONSTRAINT fk_credit_reservations_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE UNIQUE INDEX uq_credit_reservations_task ON credit_reservations (task_id) WHERE state <> 'released';
CREATE INDEX ix_credit_reservations_account ON credit_reservations (account_id, settled_at);

-- Whoever ends a task settles its credits and its run in the same statement, whatever the code does. Before the row's
-- change, so that these locks come after those on tasks and before the event counter, as everywhere.
CREATE FUNCTION settle_credits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parts RECORD;
BEGIN
    IF NEW.status IN ('completed', 'failed', 'cancelled') THEN
        UPDATE credit_reservations SET settled_at = clock_timestamp(), state = CASE
            WHEN NEW.status = 'completed' OR EXISTS (
                SELECT FROM effects e WHERE e.task_id = NEW.id AND e.outcome = 'confirmed') THEN 'spent'
            ELSE 'released' END
        WHERE task_id = NEW.id AND state = 'reserved';
    END IF;
    IF NEW.run_id IS NOT NULL THEN
        PERFORM FROM runs WHERE id = NEW.run_id FOR UPDATE;
        SELECT count(*) FILTER (WHERE status = 'completed') AS done,
               count(*) FILTER (WHERE status NOT IN ('completed', 'failed', 'cancelled')) AS left_over,
               count(*) AS n INTO parts
        FROM (SELECT t.status FROM tasks t WHERE t.run_id = NEW.run_id AND t.id <> NEW.id
              UNION ALL SELECT NEW.status) all_parts;
        UPDATE runs SET state = CASE WHEN parts.left_over > 0 THEN 'open' WHEN parts.done = parts.n THEN 'completed'
                                     WHEN parts.done > 0 THEN 'partial' ELSE 'failed' END
        WHERE id = NEW.run_id;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER settle_credits BEFORE UPDATE OF status ON tasks
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND (NEW.run_id IS NOT NULL OR NEW.resources <> '{}'))
    EXECUTE FUNCTION settle_credits();

GRANT SELECT ON runs, credit_observations, credit_reservations
    TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;
GRANT INSERT ON runs TO callsheet_gateway;
GRANT UPDATE ON runs, credit_reservations TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;
GRANT INSERT ON credit_reservations TO callsheet_dispatcher;
GRANT INSERT ON credit_observations TO callsheet_worker;
GRANT INSERT ON tasks, task_dependencies TO callsheet_worker;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['runs', 'credit_observations', 'credit_reservations'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;
END $$;
