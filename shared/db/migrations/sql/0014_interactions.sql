-- What others wrote to our accounts: each message, comment and mention once, by the id that the platform gave it.

CREATE TABLE interactions (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    account_id UUID NOT NULL,
    platform TEXT NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    url TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_interactions PRIMARY KEY (id),
    CONSTRAINT uq_interactions_account_id_external_id UNIQUE (account_id, external_id),
    CONSTRAINT ck_interactions_kind CHECK (kind IN ('message', 'comment', 'mention')),
    CONSTRAINT fk_interactions_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT fk_interactions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX ix_interactions_workspace_id ON interactions (workspace_id, id);
CREATE INDEX ix_interactions_account_id ON interactions (account_id, id);

GRANT SELECT ON interactions TO callsheet_gateway;
GRANT SELECT, INSERT ON interactions TO callsheet_worker, callsheet_host;
-- Whoever asks to be left alone is, also where a joined host reads it.
GRANT INSERT ON do_not_contact TO callsheet_host;
ALTER TABLE interactions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON interactions TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON interactions TO callsheet_worker USING (true) WITH CHECK (true);
CREATE POLICY host ON interactions TO callsheet_host
    USING (workspace_id = (SELECT host_workspace()))
    WITH CHECK (workspace_id = (SELECT host_workspace()) AND account_id IN (SELECT a.id FROM accounts a));
