-- Each role has time-outs, so that a paused process holds nothing. They bound nobody who means it: a session may set its own anew,
-- take the numbers of events, and hold them, and with them every change of a workspace, for as long as it likes. So dispatchers end
-- what is open beyond those times. `always.sql` gives whoever owns this the right to end sessions of our roles, and of no others.
CREATE FUNCTION end_overlong_transactions() RETURNS TABLE (pid int, role text, seconds double precision)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    -- Chosen first and ended then: conditions of one WHERE are asked in any order.
    WITH overlong AS MATERIALIZED (
        SELECT a.pid, a.usename::text AS role, extract(epoch FROM clock_timestamp() - a.xact_start)::double precision AS seconds
        FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
          AND a.usename IN ('callsheet_gateway', 'callsheet_worker', 'callsheet_dispatcher')
          -- A second beyond what `0001_roles.sql` sets: by then PostgreSQL has ended whoever has kept to it.
          AND (a.xact_start < clock_timestamp() - interval '11 s'
               OR (a.state LIKE 'idle in transaction%' AND a.state_change < clock_timestamp() - interval '3 s'))
    ),
    ended AS MATERIALIZED (SELECT o.*, pg_terminate_backend(o.pid) AS is_ended FROM overlong o)
    SELECT e.pid, e.role, e.seconds FROM ended e WHERE e.is_ended
$$;
REVOKE ALL ON FUNCTION end_overlong_transactions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_overlong_transactions() TO callsheet_dispatcher;
