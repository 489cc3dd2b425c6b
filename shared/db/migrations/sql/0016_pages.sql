-- What has changed about the pages that we drive: places that another way than the first finds, and what a page looked like on
-- which a place was not found at all.

CREATE TABLE drift (
    workspace_id UUID NOT NULL,
    platform TEXT NOT NULL,
    transport TEXT NOT NULL,
    practice BOOLEAN NOT NULL,
    locator TEXT NOT NULL,
    way SMALLINT NOT NULL,
    ways SMALLINT NOT NULL,
    times BIGINT DEFAULT 1 NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_drift PRIMARY KEY (workspace_id, platform, transport, practice, locator),
    CONSTRAINT ck_drift_way CHECK (way BETWEEN 2 AND ways),
    CONSTRAINT fk_drift_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

-- Attempts go into the archive and evidence stays: it refers to none.
CREATE TABLE evidence (
    attempt_id BIGINT NOT NULL,
    workspace_id UUID NOT NULL,
    platform TEXT NOT NULL,
    transport TEXT NOT NULL,
    capability TEXT NOT NULL,
    locator TEXT NOT NULL,
    host TEXT NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (attempt_id),
    CONSTRAINT fk_evidence_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_evidence_workspace_id ON evidence (workspace_id, platform, capability, attempt_id);
CREATE INDEX ix_evidence_kept_at ON evidence (kept_at);

GRANT SELECT ON drift, evidence TO callsheet_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON drift TO callsheet_worker, callsheet_host;
GRANT SELECT, INSERT, DELETE ON evidence TO callsheet_worker;
GRANT SELECT, INSERT ON evidence TO callsheet_host;
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['drift', 'evidence'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker USING (true) WITH CHECK (true)', wanted);
        EXECUTE format('CREATE POLICY host ON %I TO callsheet_host
            USING (workspace_id = (SELECT host_workspace())) WITH CHECK (workspace_id = (SELECT host_workspace()))', wanted);
    END LOOP;
END $$;
