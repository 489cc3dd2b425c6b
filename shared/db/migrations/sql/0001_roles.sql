-- Who may touch which rows. Roles are shared by all databases of a cluster; `callsheet migrate` gives them passwords.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['callsheet_gateway', 'callsheet_worker', 'callsheet_dispatcher'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;

GRANT SELECT ON workspaces, personas, hosts, accounts, tasks, task_dependencies, task_events, event_counters, attempts,
    effects, proofs, lanes, workers, leases, scopes, switches, idempotency_keys, alembic_version TO callsheet_gateway;
GRANT INSERT ON tasks, task_dependencies, task_events, event_counters, idempotency_keys, scopes TO callsheet_gateway;
GRANT UPDATE ON tasks, event_counters, scopes, accounts TO callsheet_gateway;
GRANT UPDATE ON effects TO callsheet_gateway;
GRANT DELETE ON scopes TO callsheet_gateway;

GRANT SELECT ON workspaces, personas, hosts, accounts, tasks, task_dependencies, task_events, event_counters, attempts,
    effects, proofs, lanes, workers, leases, scopes, switches, idempotency_keys, alembic_version TO callsheet_worker;
GRANT INSERT ON task_events, attempts, effects, proofs, lanes, workers, leases, scopes TO callsheet_worker;
GRANT UPDATE ON tasks, event_counters, attempts, effects, hosts, accounts, lanes, workers, leases, scopes, switches
    TO callsheet_worker;
GRANT DELETE ON workers, scopes, idempotency_keys TO callsheet_worker;

GRANT SELECT ON workspaces, personas, hosts, accounts, tasks, task_dependencies, task_events, event_counters, attempts,
    effects, lanes, workers, leases, scopes, switches, alembic_version TO callsheet_dispatcher;
GRANT INSERT ON tasks, task_dependencies, task_events, leases, scopes TO callsheet_dispatcher;
GRANT UPDATE ON tasks, event_counters, attempts, effects, leases, scopes, accounts, switches TO callsheet_dispatcher;
GRANT DELETE ON scopes, workers TO callsheet_dispatcher;

-- Row-level security: the gateway sees one workspace, named per transaction; the engine's own roles see all.
-- A pooled setting comes back as an empty string, hence nullif.
CREATE FUNCTION current_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.workspace', true), '')::uuid $$;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['personas', 'hosts', 'accounts', 'api_keys', 'tasks', 'task_dependencies', 'task_events',
        'event_counters', 'attempts', 'effects', 'proofs', 'idempotency_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;

    -- What serves everybody has no workspace; it can be seen by all and changed by the engine alone.
    FOREACH wanted IN ARRAY ARRAY['lanes', 'workers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_or_shared ON %I FOR SELECT TO callsheet_gateway
            USING (workspace_id IS NULL OR workspace_id = (SELECT current_workspace()))', wanted);
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker, callsheet_dispatcher
            USING (true) WITH CHECK (true)', wanted);
    END LOOP;
END $$;

-- Scopes that the system's own workspace holds closed are closed for everybody, so everybody sees why.
ALTER TABLE scopes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_or_system ON scopes FOR SELECT TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace()) OR workspace_id = '00000000-0000-7000-8000-000000000001');
CREATE POLICY engine ON scopes TO callsheet_worker, callsheet_dispatcher USING (true) WITH CHECK (true);
CREATE POLICY own_insert ON scopes FOR INSERT TO callsheet_gateway
    WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY own_update ON scopes FOR UPDATE TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace()));
CREATE POLICY own_delete ON scopes FOR DELETE TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace()));

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON workspaces TO callsheet_gateway USING (id = (SELECT current_workspace()));
CREATE POLICY engine ON workspaces TO callsheet_worker, callsheet_dispatcher USING (true);

-- The gateway must know whose key it holds before it can name a workspace: one row, by the hash alone.
CREATE FUNCTION find_api_key(wanted bytea)
    RETURNS TABLE (id uuid, workspace_id uuid, name text, scopes text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT k.id, k.workspace_id, k.name, k.scopes FROM public.api_keys k
    WHERE k.hash = wanted AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$;
REVOKE ALL ON FUNCTION find_api_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key(bytea) TO callsheet_gateway;

-- How full the lanes are, over all workspaces: numbers only.
CREATE FUNCTION lane_load(wanted text[])
    RETURNS TABLE (lane text, type text, queued bigint, running bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT o.lane, o.type, count(*) FILTER (WHERE o.status <> 'running'), count(*) FILTER (WHERE o.status = 'running')
    FROM (
        SELECT t.lane, t.type, t.status FROM public.tasks t
        WHERE t.status IN ('queued', 'running') AND (wanted IS NULL OR t.lane = ANY (wanted))
        UNION ALL
        -- A look at an unknown outcome takes room on the lane like any other message.
        SELECT t.lane, t.type, t.status FROM public.tasks t
        WHERE t.status = 'unknown' AND t.verify_at IS NOT NULL AND t.verify_released
          AND (wanted IS NULL OR t.lane = ANY (wanted))
    ) o GROUP BY o.lane, o.type
$$;
REVOKE ALL ON FUNCTION lane_load(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lane_load(text[]) TO callsheet_gateway, callsheet_worker, callsheet_dispatcher;

-- For /metrics: how many tasks are in each state, and how full each lane is that workers serve. Numbers only.
CREATE FUNCTION task_totals()
    RETURNS TABLE (status text, tasks bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT t.status, count(*) FROM public.tasks t GROUP BY t.status
$$;
REVOKE ALL ON FUNCTION task_totals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION task_totals() TO callsheet_gateway;

CREATE FUNCTION lane_totals()
    RETURNS TABLE (lane text, concurrency smallint, workers bigint, queued bigint, running bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT l.name, l.concurrency,
           (SELECT count(*) FROM public.workers w WHERE l.name = ANY (w.lanes) AND w.seen_until > clock_timestamp()),
           count(t.id) FILTER (WHERE t.status = 'queued'), count(t.id) FILTER (WHERE t.status = 'running')
    FROM public.lanes l LEFT JOIN public.tasks t ON t.lane = l.name AND t.status IN ('queued', 'running')
    GROUP BY l.name, l.concurrency
$$;
REVOKE ALL ON FUNCTION lane_totals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lane_totals() TO callsheet_gateway;

-- A paused process must hold nothing: its transaction ends by itself and its locks with it.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['callsheet_gateway', 'callsheet_worker', 'callsheet_dispatcher'] LOOP
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''2s''', wanted);
        EXECUTE format('ALTER ROLE %I SET transaction_timeout = ''10s''', wanted);
        EXECUTE format('ALTER ROLE %I SET lock_timeout = ''5s''', wanted);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_idle = ''10''', wanted);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_interval = ''5''', wanted);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_count = ''3''', wanted);
        EXECUTE format('ALTER ROLE %I SET jit = off', wanted);
        -- The statements are few, always the same, and go by index: planning each anew cost as much as running it.
        EXECUTE format('ALTER ROLE %I SET plan_cache_mode = force_generic_plan', wanted);
    END LOOP;
END $$;
