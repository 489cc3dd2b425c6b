-- Joined hosts come through one door: a WebSocket to the gateway, with a credential of which only the SHA-256 is kept.
CREATE TABLE host_credentials (
    hash BYTEA NOT NULL,
    workspace_id UUID NOT NULL,
    host_id UUID NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_host_credentials PRIMARY KEY (hash),
    CONSTRAINT fk_host_credentials_workspace_id_host_id FOREIGN KEY(workspace_id, host_id)
        REFERENCES hosts (workspace_id, id),
    CONSTRAINT fk_host_credentials_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT ck_host_credentials_finite CHECK (
        joined_at >= '0001-01-02 00:00+00' AND joined_at < '9999-12-31 00:00+00'
        AND revoked_at >= '0001-01-02 00:00+00' AND revoked_at < '9999-12-31 00:00+00')
);
CREATE UNIQUE INDEX uq_host_credentials_open ON host_credentials (host_id) WHERE revoked_at IS NULL;
CREATE INDEX ix_host_credentials_host_id ON host_credentials (host_id);
ALTER TABLE host_credentials ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON host_credentials TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON host_credentials TO callsheet_worker USING (true);
GRANT SELECT (workspace_id, host_id, joined_at, revoked_at), INSERT, UPDATE (revoked_at) ON host_credentials
    TO callsheet_gateway;
GRANT SELECT (workspace_id, host_id, joined_at, revoked_at) ON host_credentials TO callsheet_worker;
SELECT audit_table('host_credentials', 'hash');

-- The number of a host's latest connection: what an earlier one says counts no more.
ALTER TABLE hosts ADD COLUMN connection BIGINT DEFAULT 0 NOT NULL;

-- Whose credential is it? Asked before a workspace is known.
CREATE FUNCTION host_of_credential(wanted bytea) RETURNS TABLE (workspace_id uuid, host_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT h.workspace_id, h.id, h.name FROM public.host_credentials c JOIN public.hosts h ON h.id = c.host_id
    WHERE c.hash = wanted AND c.revoked_at IS NULL AND h.gone_at IS NULL
$$;

-- A host's next connection, while its credential is good.
CREATE FUNCTION open_door(wanted bytea) RETURNS TABLE (workspace_id uuid, host_id uuid, name text, connection bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.hosts h SET connection = h.connection + 1
    FROM public.host_credentials c
    WHERE c.hash = wanted AND c.revoked_at IS NULL AND h.id = c.host_id AND h.gone_at IS NULL
    RETURNING h.workspace_id, h.id, h.name, h.connection
$$;

-- What a host had is taken from it; return whether it had anything. What it had in hand is looked for at once, as after the end
-- of a lease, and its lanes are without workers.
CREATE FUNCTION close_door(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    host public.hosts;
    was_open boolean;
BEGIN
    SELECT * INTO host FROM public.hosts h WHERE h.id = wanted AND h.workspace_id = public.current_workspace()
    FOR NO KEY UPDATE;
    DELETE FROM public.host_tokens t WHERE t.host_id = host.id;
    UPDATE public.host_credentials c SET revoked_at = clock_timestamp() WHERE c.host_id = host.id AND c.revoked_at IS NULL;
    was_open := FOUND;
    IF was_open THEN
        WITH held AS MATERIALIZED (
            SELECT a.id FROM public.attempts a
            WHERE a.ended_at IS NULL AND a.lease_until > clock_timestamp()
              AND (a.lane = 'safari.' || host.name OR starts_with(a.lane, 'chromium.' || host.name || '.'))
            ORDER BY a.id FOR UPDATE
        )
        UPDATE public.attempts a SET lease_until = clock_timestamp() FROM held WHERE a.id = held.id;
        DELETE FROM public.workers w
        WHERE EXISTS (SELECT FROM unnest(w.lanes) l
                      WHERE l = 'safari.' || host.name OR starts_with(l, 'chromium.' || host.name || '.'));
    END IF;
    RETURN was_open;
END $$;
REVOKE ALL ON FUNCTION host_of_credential(bytea), open_door(bytea), close_door(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION host_of_credential(bytea), open_door(bytea), close_door(uuid) TO callsheet_gateway;

GRANT UPDATE (keeper_seen_at) ON hosts TO callsheet_gateway;

-- The joined host in whose browser an attempt acts, and under which token of its lane. Its process is the host's own, and only
-- the host can say that nothing runs there any more.
ALTER TABLE attempts ADD COLUMN browser_host TEXT, ADD COLUMN browser_token BIGINT;

-- Every lane of a browser can have a lease: one that is driven through the door always has.
CREATE OR REPLACE FUNCTION take_lane(wanted text, by_whom text, secs double precision) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    fence bigint;
BEGIN
    IF wanted !~ '^(safari\.[a-z0-9-]+|chromium\.[a-z0-9-]+\.[a-z0-9_]+)$'
       OR (public.is_host() AND NOT public.is_own_lane(wanted)) THEN
        RAISE EXCEPTION '% is no lane of yours', wanted USING ERRCODE = 'insufficient_privilege';
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
