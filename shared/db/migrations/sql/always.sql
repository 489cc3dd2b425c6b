-- What holds after every migration and every restore, however the functions and tables came to be there; safe to repeat.
DO $$
DECLARE
    wanted record;
    powerful boolean := (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user);
    behind name := CASE WHEN powerful THEN 'callsheet_definer' ELSE current_user END;
    member name;
BEGIN
    -- Rights on a database are neither copied with it nor in its dump. Whoever can make an object can make one that our
    -- functions meet: a type with a cast of its own, in a table with our trigger on it, made a superuser of a stranger.
    EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC', current_database());
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

    FOR wanted IN
        SELECT p.oid::regprocedure AS name, p.prosecdef AS is_definer FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')  -- an extension's
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', wanted.name);
        -- An owner that is no superuser keeps its functions: it has no more than the tables.
        IF wanted.is_definer AND powerful THEN
            EXECUTE format('ALTER ROUTINE %s OWNER TO callsheet_definer', wanted.name);
        END IF;
    END LOOP;

    -- `end_overlong_transactions` sees and ends sessions of these roles, since its owner is a member of them.
    FOREACH member IN ARRAY ARRAY['callsheet_gateway', 'callsheet_worker', 'callsheet_dispatcher'] LOOP
        CONTINUE WHEN pg_has_role(behind, member, 'USAGE');
        BEGIN
            EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET FALSE', member, behind);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE '% may not be ended by dispatchers: make % a member of it', member, behind;
        END;
    END LOOP;

    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO callsheet_definer;
    FOR wanted IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'definer')
    LOOP
        EXECUTE format('CREATE POLICY definer ON %I TO callsheet_definer USING (true) WITH CHECK (true)',
                       wanted.relname);
    END LOOP;
END $$;
