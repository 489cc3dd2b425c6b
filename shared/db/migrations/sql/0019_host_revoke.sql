-- A host that is shut out takes its Safari's worker with it, like those of its other browsers: tasks would else go on being
-- released to a lane that nobody serves any more, until its worker had been silent for long enough.

CREATE OR REPLACE FUNCTION revoke_host(wanted uuid) RETURNS SETOF text
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
        WHERE EXISTS (SELECT FROM unnest(w.lanes) l
                      WHERE l = 'safari.' || host.name OR starts_with(l, 'chromium.' || host.name || '.'));
    END LOOP;
    DELETE FROM public.host_tokens t WHERE t.host_id = host.id;
END $$;
