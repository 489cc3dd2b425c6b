-- Workers tidied sign-ins up by DELETE, so whoever had a worker's login could end everybody's, and hold their rows in a transaction:
-- a sign-in that should be ended waited for it. And they could read what people bring back from a platform's sign-in, with the keys
-- that open it. They need none of it: a function removes what is old, and answers how many of them there were.
CREATE FUNCTION forget_sign_ins(keep_days int) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    removed bigint;
    total bigint := 0;
BEGIN
    IF keep_days IS NULL OR keep_days NOT BETWEEN 1 AND 3650 THEN
        RAISE EXCEPTION 'sign-ins are kept for a day at least' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM public.sessions WHERE ends_at < clock_timestamp() - make_interval(days => keep_days);
    GET DIAGNOSTICS removed = ROW_COUNT;
    total := total + removed;
    DELETE FROM public.invitations WHERE expires_at < clock_timestamp() - make_interval(days => keep_days);
    GET DIAGNOSTICS removed = ROW_COUNT;
    total := total + removed;
    DELETE FROM public.tickets WHERE expires_at < clock_timestamp();
    GET DIAGNOSTICS removed = ROW_COUNT;
    total := total + removed;
    DELETE FROM public.oauth_requests WHERE expires_at <= clock_timestamp();
    RETURN total;
END $$;
REVOKE ALL ON FUNCTION forget_sign_ins(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_sign_ins(int) TO callsheet_worker;

REVOKE ALL ON sessions, invitations, tickets, oauth_requests FROM callsheet_worker, callsheet_dispatcher;
REVOKE SELECT (id, ends_at) ON sessions FROM callsheet_worker;
REVOKE SELECT (expires_at) ON invitations, tickets FROM callsheet_worker;
DROP POLICY engine ON sessions;
DROP POLICY engine ON invitations;
DROP POLICY engine ON tickets;
DROP POLICY engine ON oauth_requests;
