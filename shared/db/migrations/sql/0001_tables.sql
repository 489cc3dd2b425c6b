-- Tables, constraints and indexes of the foundation.

CREATE TABLE leases (
    key TEXT NOT NULL,
    holder TEXT NOT NULL,
    token BIGINT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lag_ms DOUBLE PRECISION DEFAULT 0 NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (key)
);

CREATE TABLE switches (
    name TEXT NOT NULL,
    is_on BOOLEAN DEFAULT false NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_switches PRIMARY KEY (name)
);

CREATE TABLE workspaces (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_workspaces PRIMARY KEY (id)
);

CREATE TABLE api_keys (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash BYTEA NOT NULL,
    scopes TEXT[] NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT uq_api_keys_hash UNIQUE (hash),
    CONSTRAINT ck_api_keys_scopes CHECK (cardinality(scopes) > 0),
    CONSTRAINT fk_api_keys_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE event_counters (
    workspace_id UUID NOT NULL,
    seq BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_event_counters PRIMARY KEY (workspace_id),
    CONSTRAINT fk_event_counters_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE hosts (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name TEXT NOT NULL,
    keeper_seen_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_hosts PRIMARY KEY (id),
    CONSTRAINT uq_hosts_name UNIQUE (name),
    CONSTRAINT uq_hosts_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT fk_hosts_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE idempotency_keys (
    workspace_id UUID NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (workspace_id, key),
    CONSTRAINT fk_idempotency_keys_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE lanes (
    name TEXT NOT NULL,
    workspace_id UUID,
    concurrency SMALLINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_lanes PRIMARY KEY (name),
    CONSTRAINT ck_lanes_concurrency CHECK (concurrency BETWEEN 1 AND 1000),
    CONSTRAINT fk_lanes_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE personas (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name TEXT NOT NULL,
    zone TEXT DEFAULT 'UTC' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_personas PRIMARY KEY (id),
    CONSTRAINT uq_personas_workspace_id_name UNIQUE (workspace_id, name),
    CONSTRAINT uq_personas_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT fk_personas_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE scopes (
    workspace_id UUID NOT NULL,
    key TEXT NOT NULL,
    gate TEXT NOT NULL,
    reason TEXT NOT NULL,
    opens_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_scopes PRIMARY KEY (workspace_id, key, gate),
    CONSTRAINT fk_scopes_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_scopes_opens_at ON scopes (opens_at);

CREATE TABLE task_events (
    workspace_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    task_id UUID,
    type TEXT NOT NULL,
    time TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    data JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_task_events PRIMARY KEY (workspace_id, seq),
    CONSTRAINT fk_task_events_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_task_events_task_id ON task_events (task_id, seq);

CREATE TABLE workers (
    id TEXT NOT NULL,
    workspace_id UUID,
    pool TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    lanes TEXT[] NOT NULL,
    concurrency SMALLINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    seen_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_workers PRIMARY KEY (id),
    CONSTRAINT fk_workers_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE accounts (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    persona_id UUID NOT NULL,
    platform TEXT NOT NULL,
    handle TEXT NOT NULL,
    transport TEXT NOT NULL,
    host_id UUID,
    origin TEXT NOT NULL,
    practice BOOLEAN DEFAULT false NOT NULL,
    state TEXT DEFAULT 'connected' NOT NULL,
    state_code TEXT,
    state_reason TEXT,
    state_until TIMESTAMP WITH TIME ZONE,
    credentials TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT uq_accounts_workspace_id_platform_handle UNIQUE (workspace_id, platform, handle),
    CONSTRAINT uq_accounts_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT fk_accounts_workspace_id_persona_id FOREIGN KEY(workspace_id, persona_id) REFERENCES personas (workspace_id, id),
    CONSTRAINT fk_accounts_workspace_id_host_id FOREIGN KEY(workspace_id, host_id) REFERENCES hosts (workspace_id, id),
    CONSTRAINT ck_accounts_transport CHECK (transport IN ('api', 'safari', 'chromium')),
    CONSTRAINT ck_accounts_state CHECK (state IN ('connected', 'paused', 'blocked', 'disconnected')),
    CONSTRAINT ck_accounts_browser_has_host CHECK (transport = 'api' OR host_id IS NOT NULL),
    CONSTRAINT fk_accounts_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE tasks (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    type TEXT NOT NULL,
    type_version SMALLINT NOT NULL,
    platform TEXT,
    account_id UUID,
    lane TEXT NOT NULL,
    priority SMALLINT NOT NULL,
    status TEXT NOT NULL,
    payload JSONB NOT NULL,
    payload_hash TEXT NOT NULL,
    resources JSONB DEFAULT '{}' NOT NULL,
    approval_required BOOLEAN DEFAULT false NOT NULL,
    approved_hash TEXT,
    scheduled_for TIMESTAMP WITH TIME ZONE,
    not_before TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    wake_key TEXT,
    parked_at TIMESTAMP WITH TIME ZONE,
    release_seq INTEGER DEFAULT 0 NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    published_at TIMESTAMP WITH TIME ZONE,
    publish_count SMALLINT DEFAULT 0 NOT NULL,
    retry_count SMALLINT DEFAULT 0 NOT NULL,
    max_retries SMALLINT NOT NULL,
    lost_count SMALLINT DEFAULT 0 NOT NULL,
    verify_at TIMESTAMP WITH TIME ZONE,
    verify_released BOOLEAN DEFAULT false NOT NULL,
    cancel_requested BOOLEAN DEFAULT false NOT NULL,
    result JSONB,
    error JSONB,
    timetable_entry TEXT,
    timetable_slot TIMESTAMP WITH TIME ZONE,
    correlation_id TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_tasks PRIMARY KEY (id),
    CONSTRAINT uq_tasks_timetable_entry_timetable_slot UNIQUE (timetable_entry, timetable_slot),
    CONSTRAINT fk_tasks_workspace_id_account_id FOREIGN KEY(workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    CONSTRAINT ck_tasks_status CHECK (status IN ('awaiting_approval', 'scheduled', 'pending', 'queued', 'running', 'completed', 'failed', 'cancelled', 'unknown')),
    CONSTRAINT ck_tasks_priority CHECK (priority BETWEEN 1 AND 5),
    CONSTRAINT ck_tasks_max_retries CHECK (max_retries BETWEEN 0 AND 100),
    CONSTRAINT ck_tasks_scheduled_has_time CHECK (status <> 'scheduled' OR not_before IS NOT NULL),
    CONSTRAINT ck_tasks_queued_is_released CHECK (status <> 'queued' OR released_at IS NOT NULL),
    CONSTRAINT fk_tasks_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_tasks_account ON tasks (account_id, status);

CREATE INDEX ix_tasks_due ON tasks (not_before) WHERE status = 'scheduled';

CREATE INDEX ix_tasks_out ON tasks (lane) WHERE status IN ('queued', 'running');

CREATE INDEX ix_tasks_parked ON tasks (wake_key) WHERE wake_key IS NOT NULL;

CREATE INDEX ix_tasks_pending ON tasks (lane, coalesce(account_id, workspace_id), priority, due_at, id) WHERE status = 'pending' AND wake_key IS NULL;

CREATE INDEX ix_tasks_queued ON tasks (released_at) WHERE status = 'queued';

CREATE INDEX ix_tasks_verify ON tasks (verify_at) WHERE status = 'unknown' AND verify_at IS NOT NULL;

CREATE INDEX ix_tasks_workspace_status ON tasks (workspace_id, status, id);

CREATE TABLE attempts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id UUID NOT NULL,
    task_id UUID NOT NULL,
    account_id UUID,
    kind TEXT NOT NULL,
    transport TEXT,
    lane TEXT NOT NULL,
    release_seq INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    pid_started_at FLOAT(53) NOT NULL,
    browser_pid INTEGER,
    browser_started_at FLOAT(53),
    started_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    deadline_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    error JSONB,
    dead_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_attempts PRIMARY KEY (id),
    CONSTRAINT ck_attempts_kind CHECK (kind IN ('perform', 'verify')),
    CONSTRAINT ck_attempts_outcome CHECK (outcome IN ('done', 'failed', 'unknown', 'gave_back', 'lost')),
    CONSTRAINT ck_attempts_transport CHECK (transport IN ('api', 'safari', 'chromium')),
    CONSTRAINT ck_attempts_ended_has_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT fk_attempts_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT fk_attempts_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE INDEX ix_attempts_lease ON attempts (lease_until) WHERE ended_at IS NULL;

CREATE INDEX ix_attempts_task_id ON attempts (task_id, id);

CREATE INDEX ix_attempts_to_kill ON attempts (host) WHERE outcome = 'lost' AND dead_at IS NULL;

CREATE UNIQUE INDEX uq_attempts_open_browser ON attempts (account_id) WHERE transport IN ('chromium', 'safari') AND (ended_at IS NULL OR (outcome = 'lost' AND dead_at IS NULL));

CREATE UNIQUE INDEX uq_attempts_open_task ON attempts (task_id) WHERE ended_at IS NULL;

CREATE TABLE task_dependencies (
    task_id UUID NOT NULL,
    depends_on_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    CONSTRAINT pk_task_dependencies PRIMARY KEY (task_id, depends_on_id),
    CONSTRAINT ck_task_dependencies_not_itself CHECK (task_id <> depends_on_id),
    CONSTRAINT fk_task_dependencies_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_task_dependencies_depends_on_id FOREIGN KEY(depends_on_id) REFERENCES tasks (id),
    CONSTRAINT fk_task_dependencies_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_task_dependencies_depends_on_id ON task_dependencies (depends_on_id);

CREATE TABLE effects (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    task_id UUID NOT NULL,
    attempt_id BIGINT NOT NULL,
    account_id UUID NOT NULL,
    platform TEXT NOT NULL,
    step TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    text TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    baseline JSONB NOT NULL,
    outcome TEXT NOT NULL,
    external_id TEXT,
    external_url TEXT,
    element TEXT,
    absent_reads SMALLINT DEFAULT 0 NOT NULL,
    last_read_at TIMESTAMP WITH TIME ZONE,
    intended_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    call_deadline TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_effects PRIMARY KEY (id),
    CONSTRAINT ck_effects_outcome CHECK (outcome IN ('intended', 'confirmed', 'refused', 'absent', 'unknown')),
    CONSTRAINT ck_effects_confirmed_has_id CHECK (outcome <> 'confirmed' OR external_id IS NOT NULL),
    CONSTRAINT fk_effects_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT fk_effects_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_effects_attempt_id FOREIGN KEY(attempt_id) REFERENCES attempts (id)
);

CREATE INDEX ix_effects_attempt_id ON effects (attempt_id);

CREATE INDEX ix_effects_workspace_id ON effects (workspace_id, id);

CREATE UNIQUE INDEX uq_effects_ambiguous ON effects (account_id, action, target, fingerprint) WHERE outcome IN ('intended', 'unknown');

CREATE UNIQUE INDEX uq_effects_external ON effects (account_id, action, external_id) WHERE outcome = 'confirmed';

CREATE UNIQUE INDEX uq_effects_step ON effects (task_id, step) WHERE outcome IN ('intended', 'unknown', 'confirmed');

CREATE TABLE proofs (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    effect_id UUID NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_proofs PRIMARY KEY (id),
    CONSTRAINT fk_proofs_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT fk_proofs_effect_id FOREIGN KEY(effect_id) REFERENCES effects (id)
);

CREATE INDEX ix_proofs_effect_id ON proofs (effect_id);
