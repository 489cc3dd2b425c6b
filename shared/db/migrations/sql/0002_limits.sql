-- Limits: budgets, spacing, quiet hours, cooldowns, consent, and people who are not to be contacted.

-- What somebody has set for a scope: `account:<id>`, `persona:<id>`, `platform:<name>` or `workspace`. Defaults are in code.
CREATE TABLE limits (
    workspace_id UUID NOT NULL,
    scope TEXT NOT NULL,
    document JSONB NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_limits PRIMARY KEY (workspace_id, scope),
    CONSTRAINT fk_limits_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

-- What an intent locks before it counts the ledger; a row holds nothing but its lock.
CREATE TABLE budget_scopes (
    workspace_id UUID NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT pk_budget_scopes PRIMARY KEY (workspace_id, key),
    CONSTRAINT fk_budget_scopes_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE cooldowns (
    account_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    cause TEXT NOT NULL,
    refusals SMALLINT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    share DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_cooldowns PRIMARY KEY (account_id),
    CONSTRAINT ck_cooldowns_share CHECK (share > 0 AND share <= 1),
    CONSTRAINT fk_cooldowns_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_cooldowns_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

-- That an owner has accepted a platform's rule, quoted, for one account.
CREATE TABLE consents (
    account_id UUID NOT NULL,
    rule TEXT NOT NULL,
    workspace_id UUID NOT NULL,
    accepted_by TEXT NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_consents PRIMARY KEY (account_id, rule),
    CONSTRAINT fk_consents_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_consents_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

-- Who is not to be contacted: a handle in small letters, on one platform or (null) on all, by one persona or (null) by none.
CREATE TABLE do_not_contact (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    persona_id UUID,
    platform TEXT,
    handle TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_do_not_contact PRIMARY KEY (id),
    CONSTRAINT uq_do_not_contact_entry UNIQUE NULLS NOT DISTINCT (workspace_id, persona_id, platform, handle),
    CONSTRAINT fk_do_not_contact_workspace_id_persona_id FOREIGN KEY(workspace_id, persona_id) REFERENCES personas (workspace_id, id),
    CONSTRAINT fk_do_not_contact_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_do_not_contact_handle ON do_not_contact (workspace_id, handle);

-- Whose effect it was, so that a persona's windows are counted without a join.
ALTER TABLE effects ADD COLUMN persona_id UUID;
UPDATE effects e SET persona_id = a.persona_id FROM accounts a WHERE a.id = e.account_id;
ALTER TABLE effects ALTER COLUMN persona_id SET NOT NULL;
CREATE INDEX ix_effects_account_settled ON effects (account_id, settled_at);
CREATE INDEX ix_effects_persona_settled ON effects (persona_id, settled_at);
CREATE INDEX ix_effects_workspace_settled ON effects (workspace_id, settled_at);

-- To whom a task speaks, in small letters; and its priority after ageing, by which it is taken.
ALTER TABLE tasks ADD COLUMN recipient TEXT;
ALTER TABLE tasks ADD COLUMN rank SMALLINT;
UPDATE tasks SET rank = priority;
ALTER TABLE tasks ALTER COLUMN rank SET NOT NULL;
ALTER TABLE tasks ADD CONSTRAINT ck_tasks_rank CHECK (rank BETWEEN 1 AND 5);
DROP INDEX ix_tasks_pending;
CREATE INDEX ix_tasks_pending ON tasks (lane, coalesce(account_id, workspace_id), type, rank, due_at, id)
    WHERE status = 'pending' AND wake_key IS NULL;
CREATE INDEX ix_tasks_ageing ON tasks (due_at) WHERE status = 'pending' AND rank > 1;

-- A workspace's share of a lane that others use too.
ALTER TABLE workspaces ADD COLUMN weight SMALLINT DEFAULT 1 NOT NULL;
ALTER TABLE workspaces ADD CONSTRAINT ck_workspaces_weight CHECK (weight BETWEEN 1 AND 100);

GRANT SELECT ON limits, budget_scopes, cooldowns, consents, do_not_contact
    TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;
GRANT INSERT, UPDATE, DELETE ON limits, consents, do_not_contact TO callsheet_gateway;
GRANT INSERT, UPDATE ON budget_scopes, cooldowns TO callsheet_worker;
GRANT UPDATE ON switches TO callsheet_gateway;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['limits', 'budget_scopes', 'cooldowns', 'consents', 'do_not_contact'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;
END $$;
