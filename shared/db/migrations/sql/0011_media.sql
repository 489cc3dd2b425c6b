-- Uploads: what they are, by their content. The files lie below $CALLSHEET_HOME/media, each by its id.

CREATE TABLE media (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    added_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_media PRIMARY KEY (id),
    CONSTRAINT ck_media_size CHECK (size > 0),
    CONSTRAINT fk_media_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_media_workspace_id ON media (workspace_id, id);

GRANT SELECT, INSERT, DELETE ON media TO callsheet_gateway;
GRANT SELECT ON media TO callsheet_worker;
ALTER TABLE media ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON media TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON media TO callsheet_worker USING (true) WITH CHECK (true);
