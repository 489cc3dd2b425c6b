-- The lease of a lane that one process at a time may drive: a row of `leases` whose key is the lane's name. A joined host has no
-- rights on that table, and takes its own lane's lease only.
CREATE FUNCTION take_lane(wanted text, by_whom text, secs double precision) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    fence bigint;
BEGIN
    IF wanted !~ '^safari\.[a-z0-9-]+$' OR (public.is_host() AND NOT public.is_own_lane(wanted)) THEN
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

CREATE FUNCTION leave_lane(wanted text, by_whom text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.leases l SET expires_at = clock_timestamp()
    WHERE l.key = wanted AND l.holder = by_whom AND (NOT public.is_host() OR public.is_own_lane(wanted))
$$;

REVOKE ALL ON FUNCTION take_lane(text, text, double precision), leave_lane(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_lane(text, text, double precision), leave_lane(text, text)
    TO callsheet_worker, callsheet_host;
GRANT EXECUTE ON FUNCTION is_host(), is_own_lane(text) TO callsheet_worker;
