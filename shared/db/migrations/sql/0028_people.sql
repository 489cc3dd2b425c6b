-- An e-mail address is known by heart, and an invitation proves nothing about it: whoever invites holds the token as well. So
-- whoever accepts as a new person is that person where they were invited and nowhere else, and takes the address from nobody.
-- The owners whom set-up made have proved theirs, as far as whoever runs the installation is concerned.

ALTER TABLE people ADD COLUMN proved BOOLEAN DEFAULT false NOT NULL;
UPDATE people SET proved = true;
-- squawk-ignore ban-drop-constraint
ALTER TABLE people DROP CONSTRAINT uq_people_email;
CREATE UNIQUE INDEX uq_people_email ON people (email) WHERE proved;
CREATE INDEX ix_people_email ON people (email);
GRANT SELECT (proved) ON people TO callsheet_gateway;

-- squawk-ignore ban-drop-function
DROP FUNCTION find_password(text);
-- Who may be meant by this address: who has signed in from there before come first, then who has proved it, then the oldest. Each
-- costs one check of a password, so there are a few; `inside` names a workspace of whom is meant where there are more.
CREATE FUNCTION find_passwords(wanted text, place text, inside uuid)
    RETURNS TABLE (person_id uuid, password text, totp text, totp_since timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, p.password, p.totp, p.totp_since FROM public.people p
    WHERE p.email = wanted AND (inside IS NULL OR EXISTS (
        SELECT FROM public.members m WHERE m.person_id = p.id AND m.workspace_id = inside))
    ORDER BY EXISTS (SELECT FROM public.sessions s WHERE s.person_id = p.id AND s.address = place) DESC, p.proved DESC, p.id
    LIMIT 4
$$;
CREATE FUNCTION find_own_password()
    RETURNS TABLE (person_id uuid, password text, totp text, totp_since timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, p.password, p.totp, p.totp_since FROM public.people p WHERE p.id = public.current_person()
$$;

-- Ends every session of a member of the transaction's workspace, wherever it was opened: an owner who fears that somebody else
-- sits there cannot wait for the member.
CREATE FUNCTION end_member_sessions(wanted uuid) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ended AS (
        UPDATE public.sessions s SET ended_at = clock_timestamp(), ended_because = 'revoked'
        WHERE s.person_id = wanted AND s.ended_at IS NULL AND EXISTS (
            SELECT FROM public.members m WHERE m.person_id = wanted AND m.workspace_id = public.current_workspace())
        RETURNING 1
    )
    SELECT count(*) FROM ended
$$;

REVOKE ALL ON FUNCTION find_passwords(text, text, uuid), find_own_password(), end_member_sessions(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_passwords(text, text, uuid), find_own_password(), end_member_sessions(uuid)
    TO callsheet_gateway;
