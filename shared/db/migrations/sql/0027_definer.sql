-- Who stands behind the functions that run as their owner? Two roles that cannot sign in and are no superusers. `always.sql`,
-- which follows every migration, makes them the owners; these are the rights that do not follow from that.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['callsheet_definer NOCREATEROLE', 'callsheet_admitter CREATEROLE'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = split_part(wanted, ' ', 1));
        BEGIN
            EXECUTE format('CREATE ROLE %s NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO callsheet_definer, callsheet_admitter;

-- What makes and ends the roles of hosts needs no more than their rows.
GRANT SELECT, UPDATE ON hosts, lanes, attempts TO callsheet_admitter;
GRANT SELECT, INSERT, UPDATE ON host_access TO callsheet_admitter;
GRANT SELECT, DELETE ON workers, host_tokens TO callsheet_admitter;

-- PUBLIC may call none of ours; who needs one is named. These run as whoever calls them, in policies, indexes and queries.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION current_workspace(), current_person(), post_path(text), commented_path(jsonb)
    TO callsheet_gateway, callsheet_worker, callsheet_dispatcher, callsheet_host, callsheet_definer, callsheet_admitter;
GRANT EXECUTE ON FUNCTION audit_hash(bytea, audit_log) TO callsheet_gateway, callsheet_definer;
