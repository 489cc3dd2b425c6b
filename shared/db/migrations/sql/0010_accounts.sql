-- Personas with a voice, accounts' credentials and health, and sign-ins at platforms that have begun.

-- `voice` is one of the known words or a text of one's own; languages are BCP 47 tags, the best first.
ALTER TABLE personas ADD COLUMN voice TEXT DEFAULT 'professional' NOT NULL;
ALTER TABLE personas ADD COLUMN languages TEXT[] DEFAULT '{}' NOT NULL;
ALTER TABLE personas ADD COLUMN disclosure TEXT DEFAULT '' NOT NULL;

-- `external_id` is the platform's own id of who is signed in; `health` is what the last check found.
ALTER TABLE accounts ADD COLUMN external_id TEXT;
ALTER TABLE accounts ADD COLUMN checked_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE accounts ADD COLUMN health JSONB;

-- What an account signs in with, encrypted; apart from the account, so that who reads accounts never holds a secret. `version`
-- grows with each pair of tokens that is stored. Who refreshes holds a claim until `claimed_until`, outside of any transaction;
-- `tries` counts requests to the platform since the last pair was stored.
CREATE TABLE account_credentials (
    account_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    kind TEXT NOT NULL,
    sealed TEXT NOT NULL,
    version BIGINT DEFAULT 1 NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    refresh_at TIMESTAMP WITH TIME ZONE,
    stored_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    claimed_by UUID,
    claimed_until TIMESTAMP WITH TIME ZONE,
    tries INTEGER DEFAULT 0 NOT NULL,
    tried_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    CONSTRAINT pk_account_credentials PRIMARY KEY (account_id),
    CONSTRAINT ck_account_credentials_kind CHECK (kind IN ('oauth', 'api_key', 'app_password')),
    CONSTRAINT ck_account_credentials_claim CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)),
    CONSTRAINT fk_account_credentials_workspace_id_account_id FOREIGN KEY(workspace_id, account_id)
        REFERENCES accounts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_account_credentials_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX ix_account_credentials_refresh_at ON account_credentials (refresh_at) WHERE refresh_at IS NOT NULL;

-- A sign-in at a platform that somebody has begun. Only the SHA-256 of its `state` is kept; the row goes when it is used.
CREATE TABLE oauth_requests (
    state_hash BYTEA NOT NULL,
    workspace_id UUID NOT NULL,
    caller_id UUID NOT NULL,
    persona_id UUID NOT NULL,
    platform TEXT NOT NULL,
    handle TEXT,
    sealed TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_oauth_requests PRIMARY KEY (state_hash),
    CONSTRAINT fk_oauth_requests_workspace_id_persona_id FOREIGN KEY(workspace_id, persona_id)
        REFERENCES personas (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_oauth_requests_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX ix_oauth_requests_workspace_id ON oauth_requests (workspace_id, expires_at);

GRANT INSERT, UPDATE, DELETE ON personas TO callsheet_gateway;
GRANT INSERT, DELETE ON accounts TO callsheet_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_credentials TO callsheet_gateway;
GRANT SELECT, UPDATE ON account_credentials TO callsheet_worker;
-- The dispatcher may know what accounts sign in with, and never the secret.
GRANT SELECT (account_id, workspace_id, kind, expires_at) ON account_credentials TO callsheet_dispatcher;
GRANT SELECT, INSERT, DELETE ON oauth_requests TO callsheet_gateway;
GRANT SELECT, DELETE ON oauth_requests TO callsheet_worker;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['account_credentials', 'oauth_requests'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;
END $$;
