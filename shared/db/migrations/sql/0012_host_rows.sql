-- What a joined host may see and change: the rows of its workspace that an attempt in a browser, the presence of a worker and
-- the keeper need. Every column that is not named here is closed to it: it changes no payload, approves nothing, turns no switch.

DO $$ BEGIN
    CREATE ROLE callsheet_host NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;

-- Whose this session is: by the role that signed in, whatever it has become since. Nobody's when it was revoked.
CREATE FUNCTION host_workspace() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.workspace_id FROM public.host_access a WHERE a.role = session_user AND a.revoked_at IS NULL
$$;
CREATE FUNCTION is_host() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM public.host_access a WHERE a.role = session_user)
$$;
CREATE FUNCTION is_own_lane(lane text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.host_access a JOIN public.hosts h ON h.id = a.host_id
        WHERE a.role = session_user AND a.revoked_at IS NULL
          AND (lane = 'safari.' || h.name OR starts_with(lane, 'chromium.' || h.name || '.')))
$$;
-- Held until the transaction ends, without the privilege to turn it, which FOR SHARE would ask for.
CREATE FUNCTION hold_switch(wanted text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.is_on FROM public.switches s WHERE s.name = wanted FOR SHARE
$$;
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['host_workspace()', 'is_host()', 'is_own_lane(text)', 'hold_switch(text)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', wanted);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO callsheet_host', wanted);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION hold_switch(text) TO callsheet_worker;
GRANT EXECUTE ON FUNCTION lane_load(text[]) TO callsheet_host;

GRANT USAGE ON SCHEMA public TO callsheet_host;
-- What serves everybody and holds nothing of anybody's. Not who asked for sleep.
GRANT SELECT ON alembic_version, switches TO callsheet_host;
GRANT SELECT (only_row, asked_at, asleep_since, wakes_at, trigger) ON sleep TO callsheet_host;

GRANT SELECT ON workspaces, personas, hosts, tasks, task_dependencies, attempts, effects, proofs, lanes, workers, scopes, limits,
    budget_scopes, cooldowns, consents, do_not_contact, runs, credit_observations, credit_reservations, breakers, event_counters
    TO callsheet_host;
GRANT SELECT (workspace_id, seq) ON task_events TO callsheet_host;
GRANT SELECT (id, workspace_id, persona_id, platform, handle, transport, host_id, origin, practice, state, state_code,
    state_reason, state_until, external_id, checked_at, health, created_at) ON accounts TO callsheet_host;
-- What an account signs in with by kind, and never the secret.
GRANT SELECT (account_id, workspace_id, kind, expires_at) ON account_credentials TO callsheet_host;
GRANT INSERT ON task_events, attempts, effects, proofs, lanes, workers, scopes, budget_scopes, cooldowns, credit_observations,
    breakers TO callsheet_host;
GRANT UPDATE ON lanes, workers, scopes, budget_scopes, cooldowns, breakers TO callsheet_host;
GRANT UPDATE (seq) ON event_counters TO callsheet_host;
GRANT UPDATE (status, started_at, finished_at, result, error, not_before, due_at, retry_count, lost_count, verify_at,
    verify_released, cancel_requested, wake_key, parked_at) ON tasks TO callsheet_host;
GRANT UPDATE (lease_until, ended_at, outcome, error, browser_pid, browser_started_at, dead_at) ON attempts TO callsheet_host;
GRANT UPDATE (outcome, external_id, external_url, element, absent_reads, last_read_at, settled_at) ON effects TO callsheet_host;
GRANT UPDATE (state, state_code, state_reason, state_until, checked_at, health) ON accounts TO callsheet_host;
GRANT UPDATE (state, settled_at) ON credit_reservations TO callsheet_host;
GRANT UPDATE (state) ON runs TO callsheet_host;
GRANT UPDATE (keeper_seen_at) ON hosts TO callsheet_host;
GRANT DELETE ON workers, scopes, breakers TO callsheet_host;

DO $$
DECLARE
    wanted text;
    -- What a row refers to must be the workspace's too: a foreign key alone looks past these policies.
    extra jsonb := '{"attempts": "task_id IN (SELECT t.id FROM tasks t)",
        "effects": "task_id IN (SELECT t.id FROM tasks t) AND account_id IN (SELECT a.id FROM accounts a)",
        "proofs": "effect_id IN (SELECT e.id FROM effects e)",
        "cooldowns": "account_id IN (SELECT a.id FROM accounts a)",
        "lanes": "is_own_lane(name)",
        "workers": "(SELECT bool_and(is_own_lane(l)) FROM unnest(lanes) l)"}';
BEGIN
    FOREACH wanted IN ARRAY ARRAY['personas', 'hosts', 'accounts', 'account_credentials', 'tasks', 'task_dependencies', 'task_events',
        'event_counters', 'attempts', 'effects', 'proofs', 'lanes', 'workers', 'limits', 'budget_scopes', 'cooldowns', 'consents',
        'do_not_contact', 'runs', 'credit_observations', 'credit_reservations', 'breakers'] LOOP
        EXECUTE format('CREATE POLICY host ON %I TO callsheet_host
            USING (workspace_id = (SELECT host_workspace())) WITH CHECK (workspace_id = (SELECT host_workspace()) AND %s)',
            wanted, coalesce(extra ->> wanted, 'true'));
    END LOOP;
END $$;
CREATE POLICY host ON workspaces FOR SELECT TO callsheet_host USING (id = (SELECT host_workspace()));

-- What people and the system hold closed is seen, and stays closed.
CREATE POLICY host ON scopes FOR SELECT TO callsheet_host
    USING (workspace_id = (SELECT host_workspace()) OR workspace_id = '00000000-0000-7000-8000-000000000001');
CREATE POLICY host_insert ON scopes FOR INSERT TO callsheet_host
    WITH CHECK (workspace_id = (SELECT host_workspace()) AND gate IN ('budgets', 'spacing', 'connection'));
CREATE POLICY host_update ON scopes FOR UPDATE TO callsheet_host
    USING (workspace_id = (SELECT host_workspace()) AND gate IN ('budgets', 'spacing', 'connection'));
CREATE POLICY host_delete ON scopes FOR DELETE TO callsheet_host
    USING (workspace_id = (SELECT host_workspace()) AND gate IN ('budgets', 'spacing'));

-- Of everybody's lanes a host is told what its own workspace has on them.
CREATE OR REPLACE FUNCTION lane_load(wanted text[])
    RETURNS TABLE (lane text, type text, released_at timestamptz, queued bigint, running bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.lane, o.type, o.released_at,
           count(*) FILTER (WHERE o.status <> 'running'), count(*) FILTER (WHERE o.status = 'running')
    FROM (
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status IN ('queued', 'running') AND (wanted IS NULL OR t.lane = ANY (wanted))
          AND (NOT (SELECT public.is_host()) OR t.workspace_id = (SELECT public.host_workspace()))
        UNION ALL
        -- A look at an unknown outcome takes room on the lane like any other message.
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status = 'unknown' AND t.verify_at IS NOT NULL AND t.verify_released
          AND (wanted IS NULL OR t.lane = ANY (wanted))
          AND (NOT (SELECT public.is_host()) OR t.workspace_id = (SELECT public.host_workspace()))
    ) o GROUP BY o.lane, o.type, o.released_at
$$;

-- A temporary table comes before one of ours unless it is said otherwise, and anybody may make one: it could stand in the place
-- of the audit log.
DO $$
DECLARE
    wanted regprocedure;
BEGIN
    FOR wanted IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', wanted);
    END LOOP;
END $$;
