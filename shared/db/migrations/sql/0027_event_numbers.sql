-- Event numbers are taken by a function, and by nothing else: whoever may change a counter could make its numbers run out, and
-- whoever may lock it could make everybody wait.

-- The next numbers of these workspaces: from `base` + 1 on, as many as asked for. Called last in a transaction, once, with
-- the workspaces in their order, in which counters are taken. The gateway and a host take those of their own workspace.
CREATE FUNCTION take_event_numbers(of_workspaces uuid[], counts bigint[])
    RETURNS TABLE (workspace_id uuid, base bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    own uuid;
    last uuid;
    is_bound boolean := session_user NOT IN ('callsheet_worker', 'callsheet_dispatcher');
BEGIN
    IF session_user = 'callsheet_gateway' THEN
        own := public.current_workspace();
    ELSIF is_bound THEN
        is_bound := public.is_host();
        own := public.host_workspace();
    END IF;
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
REVOKE ALL ON FUNCTION take_event_numbers(uuid[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_event_numbers(uuid[], bigint[])
    TO callsheet_gateway, callsheet_worker, callsheet_dispatcher, callsheet_host;
GRANT EXECUTE ON FUNCTION is_host(), host_workspace() TO callsheet_definer;

REVOKE INSERT, UPDATE ON event_counters FROM callsheet_gateway, callsheet_worker, callsheet_dispatcher, callsheet_host;
REVOKE UPDATE (seq) ON event_counters FROM callsheet_host;
GRANT INSERT (workspace_id) ON event_counters TO callsheet_gateway;
