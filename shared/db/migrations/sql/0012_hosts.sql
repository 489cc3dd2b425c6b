-- Hosts that join: by a token, once, for a role of their own. What such a role may do stands in 0012_host_rows.sql.

-- What joins a host, once. A new one takes the place of the one before.
CREATE TABLE host_tokens (
    host_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    hash BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_host_tokens PRIMARY KEY (host_id),
    CONSTRAINT uq_host_tokens_hash UNIQUE (hash),
    CONSTRAINT fk_host_tokens_workspace_id_host_id FOREIGN KEY(workspace_id, host_id)
        REFERENCES hosts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_host_tokens_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

-- Under which name a host signs in, at PostgreSQL and at Redis. Of its passwords only what proves them is kept: a SCRAM
-- verifier by PostgreSQL itself, a SHA-256 for Redis, which forgets its users when it starts again.
CREATE TABLE host_access (
    role TEXT NOT NULL,
    workspace_id UUID NOT NULL,
    host_id UUID NOT NULL,
    redis_hash TEXT NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_host_access PRIMARY KEY (role),
    CONSTRAINT fk_host_access_workspace_id_host_id FOREIGN KEY(workspace_id, host_id) REFERENCES hosts (workspace_id, id),
    CONSTRAINT fk_host_access_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE UNIQUE INDEX uq_host_access_open ON host_access (host_id) WHERE revoked_at IS NULL;
CREATE INDEX ix_host_access_host_id ON host_access (host_id);

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['host_tokens', 'host_access'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
    END LOOP;
END $$;
CREATE POLICY engine ON host_access TO callsheet_dispatcher USING (true);

GRANT INSERT ON hosts TO callsheet_gateway;
GRANT SELECT (host_id, workspace_id, expires_at), INSERT, DELETE ON host_tokens TO callsheet_gateway;
GRANT SELECT (role, workspace_id, host_id, joined_at, revoked_at) ON host_access TO callsheet_gateway;
GRANT SELECT ON host_access TO callsheet_dispatcher;
SELECT audit_table('host_tokens', 'hash'), audit_table('host_access', 'redis_hash');

-- Uses the token up, and says whom it joins; the transaction that rolls back gives it back. The host's row is held first, here
-- and where it is revoked: who revokes while it joins either finds it joined or has taken its token.
CREATE FUNCTION take_host_token(wanted bytea)
    RETURNS TABLE (workspace_id uuid, host_id uuid, name text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.hosts h WHERE h.id = (SELECT t.host_id FROM public.host_tokens t WHERE t.hash = wanted)
    FOR NO KEY UPDATE;
    RETURN QUERY
        DELETE FROM public.host_tokens t USING public.hosts h
        WHERE t.hash = wanted AND t.expires_at > clock_timestamp() AND h.id = t.host_id
        RETURNING t.workspace_id, t.host_id, h.name;
END $$;

-- What a host had is taken from it: it may no longer sign in and sees no row from its next statement on. What it had in hand is
-- looked for at once, as after the end of a lease, and its lanes are without workers.
CREATE FUNCTION revoke_host(wanted uuid) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    host public.hosts;
    was text;
BEGIN
    SELECT * INTO host FROM public.hosts h WHERE h.id = wanted AND h.workspace_id = public.current_workspace()
    FOR NO KEY UPDATE;
    FOR was IN UPDATE public.host_access a SET revoked_at = clock_timestamp()
               WHERE a.host_id = host.id AND a.revoked_at IS NULL RETURNING a.role LOOP
        EXECUTE format('ALTER ROLE %I NOLOGIN', was);
        RETURN NEXT was;
        WITH held AS MATERIALIZED (
            SELECT a.id FROM public.attempts a
            WHERE a.ended_at IS NULL AND a.lease_until > clock_timestamp()
              AND (a.lane = 'safari.' || host.name OR starts_with(a.lane, 'chromium.' || host.name || '.'))
            ORDER BY a.id FOR UPDATE
        )
        UPDATE public.attempts a SET lease_until = clock_timestamp() FROM held WHERE a.id = held.id;
        DELETE FROM public.workers w
        WHERE EXISTS (SELECT FROM unnest(w.lanes) l WHERE starts_with(l, 'chromium.' || host.name || '.'));
    END LOOP;
    DELETE FROM public.host_tokens t WHERE t.host_id = host.id;
END $$;

-- Ends the sessions of what was revoked; called after the commit, since until then it may sign in again.
CREATE FUNCTION end_host_sessions(wanted uuid) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(pg_terminate_backend(s.pid)) FROM pg_stat_activity s JOIN public.host_access a ON a.role = s.usename
    WHERE a.host_id = wanted AND a.workspace_id = public.current_workspace() AND a.revoked_at IS NOT NULL
$$;

-- Gives a host of the transaction's workspace a role of its own; what it had before is revoked. `verifier` is a SCRAM verifier.
CREATE FUNCTION admit_host(wanted uuid, fresh text, verifier text, of_redis text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    host public.hosts;
    setting text;
BEGIN
    SELECT * INTO STRICT host FROM public.hosts h
    WHERE h.id = wanted AND h.workspace_id = public.current_workspace() FOR NO KEY UPDATE;
    IF fresh !~ '^callsheet_host_[0-9a-f]{32}$' OR verifier !~ '^SCRAM-SHA-256\$' THEN
        RAISE EXCEPTION 'no name or verifier of a host' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM public.revoke_host(host.id);
    EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60 PASSWORD %L
                    IN ROLE callsheet_host', fresh, verifier);
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', fresh);  -- else its sessions could not be ended
    END IF;
    -- A group's settings are not inherited: these are the worker's.
    FOREACH setting IN ARRAY ARRAY['idle_in_transaction_session_timeout = ''2s''', 'transaction_timeout = ''10s''',
        'lock_timeout = ''5s''', 'tcp_keepalives_idle = 10', 'tcp_keepalives_interval = 5', 'tcp_keepalives_count = 3',
        'jit = off', 'plan_cache_mode = force_generic_plan', 'enable_seqscan = off'] LOOP
        EXECUTE format('ALTER ROLE %I SET %s', fresh, setting);
    END LOOP;
    INSERT INTO public.host_access (role, workspace_id, host_id, redis_hash)
    VALUES (fresh, host.workspace_id, host.id, of_redis);
    -- A lane that somebody served before the host was known belonged to nobody.
    UPDATE public.lanes l SET workspace_id = host.workspace_id
    WHERE l.name = 'safari.' || host.name OR starts_with(l.name, 'chromium.' || host.name || '.');
END $$;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['take_host_token(bytea)', 'revoke_host(uuid)', 'end_host_sessions(uuid)',
        'admit_host(uuid, text, text, text)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', wanted);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO callsheet_gateway', wanted);
    END LOOP;
END $$;
