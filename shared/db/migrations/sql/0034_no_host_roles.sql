-- Joined hosts come through the door, and hold no login of the database: their roles, their policies and the functions that knew
-- them go. Two groups without a member and without a right stay where other databases of the cluster may still name them.

-- Who had joined the old way joins again; until then its lanes have no worker.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN SELECT a.role FROM host_access a JOIN pg_roles r ON r.rolname = a.role LOOP
        BEGIN
            EXECUTE format('ALTER ROLE %I NOLOGIN', wanted.role);
            EXECUTE format('DROP ROLE %I', wanted.role);
        EXCEPTION WHEN insufficient_privilege OR dependent_objects_still_exist OR undefined_object THEN
            RAISE NOTICE 'the role % stays, and can reach nothing', wanted.role;
        END;
    END LOOP;
    FOR wanted IN
        SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = 'public'::regnamespace
          AND (SELECT r.oid FROM pg_roles r WHERE r.rolname = 'callsheet_host') = ANY (p.polroles)
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', wanted.polname, wanted.relname);
    END LOOP;
END $$;
-- squawk-ignore ban-drop-table -- nobody but what goes here knows it
DROP TABLE host_access;
-- squawk-ignore ban-drop-function -- a gateway of the version before joins and revokes no host until it is replaced
DROP FUNCTION admit_host(uuid, text, text, text), revoke_host(uuid), end_host_sessions(uuid);

-- What asked whether a host calls asks no more.
CREATE OR REPLACE FUNCTION lane_load(wanted text[])
    RETURNS TABLE (lane text, type text, released_at timestamptz, queued bigint, running bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.lane, o.type, o.released_at,
           count(*) FILTER (WHERE o.status <> 'running'), count(*) FILTER (WHERE o.status = 'running')
    FROM (
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status IN ('queued', 'running') AND (wanted IS NULL OR t.lane = ANY (wanted))
        UNION ALL
        -- A look at an unknown outcome takes room on the lane like any other message.
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status = 'unknown' AND t.verify_at IS NOT NULL AND t.verify_released
          AND (wanted IS NULL OR t.lane = ANY (wanted))
    ) o GROUP BY o.lane, o.type, o.released_at
$$;

CREATE OR REPLACE FUNCTION take_lane(wanted text, by_whom text, secs double precision) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    fence bigint;
BEGIN
    IF wanted !~ '^(safari\.[a-z0-9-]+|chromium\.[a-z0-9-]+\.[a-z0-9_]+)$' THEN
        RAISE EXCEPTION '% is no lane of a browser', wanted USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.leases AS l (key, holder, token, expires_at, seen_at)
    VALUES (wanted, by_whom, 1, clock_timestamp() + make_interval(secs => secs), clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET
        token = CASE WHEN l.holder = by_whom THEN l.token ELSE l.token + 1 END,
        holder = by_whom, expires_at = excluded.expires_at, seen_at = excluded.seen_at
    WHERE l.holder = by_whom OR l.expires_at < clock_timestamp()
    RETURNING l.token INTO fence;
    RETURN fence;
END $$;

CREATE OR REPLACE FUNCTION leave_lane(wanted text, by_whom text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.leases l SET expires_at = clock_timestamp() WHERE l.key = wanted AND l.holder = by_whom
$$;

-- The gateway takes the numbers of its own workspace; workers and dispatchers those of all. Nobody else may call it.
CREATE OR REPLACE FUNCTION take_event_numbers(of_workspaces uuid[], counts bigint[])
    RETURNS TABLE (workspace_id uuid, base bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    own uuid := public.current_workspace();
    last uuid;
    is_bound boolean := session_user = 'callsheet_gateway';
BEGIN
    FOR place IN 1 .. coalesce(cardinality(of_workspaces), 0) LOOP
        workspace_id := of_workspaces[place];
        base := counts[place];
        IF base IS NULL OR base NOT BETWEEN 1 AND 1000000 OR workspace_id < last
           OR (is_bound AND workspace_id IS DISTINCT FROM own) THEN
            RAISE EXCEPTION 'no event numbers of yours' USING ERRCODE = 'insufficient_privilege';
        END IF;
        UPDATE public.event_counters c SET seq = c.seq + base WHERE c.workspace_id = take_event_numbers.workspace_id
        RETURNING c.seq - base INTO base;
        CONTINUE WHEN NOT FOUND;
        last := workspace_id;
        RETURN NEXT;
    END LOOP;
END $$;

-- squawk-ignore ban-drop-function -- nobody but hosts asked
DROP FUNCTION is_own_lane(text), is_host(), host_workspace();
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM callsheet_host;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM callsheet_host;
REVOKE ALL ON SCHEMA public FROM callsheet_host;

-- Nobody makes roles any more.
DO $$
DECLARE
    wanted record;
BEGIN
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM callsheet_admitter;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM callsheet_admitter;
    REVOKE ALL ON SCHEMA public FROM callsheet_admitter;
    FOR wanted IN
        SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = 'public'::regnamespace AND p.polname = 'definer'
    LOOP
        EXECUTE format('ALTER POLICY %I ON %I TO callsheet_definer', wanted.polname, wanted.relname);
    END LOOP;
    IF (SELECT r.rolcreaterole FROM pg_roles r WHERE r.rolname = 'callsheet_admitter') THEN
        ALTER ROLE callsheet_admitter NOCREATEROLE;
    END IF;
EXCEPTION WHEN insufficient_privilege OR internal_error THEN
    RAISE NOTICE 'callsheet_admitter keeps what it had: it owns nothing, and nobody is it';
END $$;
