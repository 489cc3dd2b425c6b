-- Events out of the house: webhooks with their deliveries, notifications with what they sent, lanes that nobody serves.

-- `cursor` is the number of the last event that was made into deliveries; `failing_since` is null while it answers;
-- while it does not, it rests until `rests_until` between two tries, whatever is due.
CREATE TABLE webhooks (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    types TEXT[] NOT NULL,
    state TEXT DEFAULT 'active' NOT NULL,
    cursor BIGINT NOT NULL,
    failing_since TIMESTAMP WITH TIME ZONE,
    rests_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_webhooks PRIMARY KEY (id),
    CONSTRAINT uq_webhooks_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT ck_webhooks_state CHECK (state IN ('active', 'paused', 'disabled')),
    CONSTRAINT fk_webhooks_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

-- `since` is when the present series of tries began: a delivery that is sent again by hand begins a new one.
CREATE TABLE webhook_deliveries (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    webhook_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    tries SMALLINT DEFAULT 0 NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    last_status SMALLINT,
    last_error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
    CONSTRAINT uq_webhook_deliveries_webhook_id_seq UNIQUE (webhook_id, seq),
    CONSTRAINT ck_webhook_deliveries_state CHECK (state IN ('pending', 'delivered', 'dead')),
    CONSTRAINT fk_webhook_deliveries_workspace_id_webhook_id FOREIGN KEY(workspace_id, webhook_id)
        REFERENCES webhooks (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_webhook_deliveries_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (webhook_id, next_at) WHERE state = 'pending';
CREATE INDEX ix_webhook_deliveries_finished_at ON webhook_deliveries (finished_at);

-- `target` is encrypted; `shown` is the same without its secrets.
CREATE TABLE notifications (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    shown TEXT NOT NULL,
    types TEXT[] NOT NULL,
    state TEXT DEFAULT 'active' NOT NULL,
    cursor BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_notifications PRIMARY KEY (id),
    CONSTRAINT uq_notifications_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT ck_notifications_state CHECK (state IN ('active', 'paused')),
    CONSTRAINT fk_notifications_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

-- One message to people. `seq` is null for one that was asked for as a test.
CREATE TABLE notices (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    notification_id UUID NOT NULL,
    seq BIGINT,
    cause TEXT NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    tries SMALLINT DEFAULT 0 NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    last_error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT ck_notices_state CHECK (state IN ('pending', 'sent', 'dead')),
    CONSTRAINT fk_notices_workspace_id_notification_id FOREIGN KEY(workspace_id, notification_id)
        REFERENCES notifications (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_notices_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_notices_due ON notices (next_at) WHERE state = 'pending';
CREATE INDEX ix_notices_cause ON notices (notification_id, cause, created_at);
CREATE INDEX ix_notices_finished_at ON notices (finished_at);

-- A lane on which a workspace's tasks wait without a worker; `said_at` is when that was reported.
CREATE TABLE unserved_lanes (
    workspace_id UUID NOT NULL,
    lane TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    said_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_unserved_lanes PRIMARY KEY (workspace_id, lane),
    CONSTRAINT fk_unserved_lanes_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

GRANT SELECT ON webhooks, webhook_deliveries, notifications, notices, unserved_lanes
    TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;
GRANT INSERT, UPDATE, DELETE ON webhooks, notifications TO callsheet_gateway;
GRANT UPDATE ON webhook_deliveries TO callsheet_gateway;
GRANT INSERT ON notices TO callsheet_gateway;
GRANT UPDATE ON webhooks, notifications TO callsheet_worker;
GRANT INSERT, UPDATE, DELETE ON webhook_deliveries, notices TO callsheet_worker;
GRANT INSERT, UPDATE, DELETE ON unserved_lanes TO callsheet_dispatcher;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['webhooks', 'webhook_deliveries', 'notifications', 'notices', 'unserved_lanes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;
END $$;
