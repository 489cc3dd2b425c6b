-- People, how they sign in, and what they may do where.

-- A person belongs to no workspace; members say where they may act. The gateway names the person of a transaction.
CREATE FUNCTION current_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.person', true), '')::uuid $$;

CREATE TABLE people (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    password TEXT NOT NULL,
    password_changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    -- The encrypted secret of an authenticator app; asked for since `totp_since`. No code of a step up to `totp_step` counts.
    totp TEXT,
    totp_since TIMESTAMP WITH TIME ZONE,
    totp_step BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT ck_people_totp CHECK (totp_since IS NULL OR totp IS NOT NULL),
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT uq_people_email UNIQUE (email)
);

CREATE TABLE members (
    workspace_id UUID NOT NULL,
    person_id UUID NOT NULL,
    role TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_members PRIMARY KEY (workspace_id, person_id),
    CONSTRAINT ck_members_role CHECK (role IN ('viewer', 'editor', 'approver', 'owner')),
    CONSTRAINT fk_members_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT fk_members_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);
CREATE INDEX ix_members_person_id ON members (person_id);

-- `ends_at` is the latest end, whatever happens; `expires_at` comes earlier when it is not used.
CREATE TABLE sessions (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_because TEXT,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT fk_sessions_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT ck_sessions_ended_because CHECK (ended_because IN ('signed_out', 'revoked', 'reused', 'password')),
    CONSTRAINT ck_sessions_ended CHECK ((ended_at IS NULL) = (ended_because IS NULL))
);
CREATE INDEX ix_sessions_person_id ON sessions (person_id);
CREATE INDEX ix_sessions_ends_at ON sessions (ends_at);

-- One family for each session: a used one that comes again ends it.
CREATE TABLE refresh_tokens (
    hash BYTEA NOT NULL,
    session_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (hash),
    CONSTRAINT fk_refresh_tokens_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id);

CREATE TABLE invitations (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    hash BYTEA NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_invitations PRIMARY KEY (id),
    CONSTRAINT uq_invitations_hash UNIQUE (hash),
    CONSTRAINT ck_invitations_role CHECK (role IN ('viewer', 'editor', 'approver', 'owner')),
    CONSTRAINT fk_invitations_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX ix_invitations_workspace_id ON invitations (workspace_id, id);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at);

-- Lets one socket in, once, as the key or the session that asked for it.
CREATE TABLE tickets (
    hash BYTEA NOT NULL,
    workspace_id UUID NOT NULL,
    key_id UUID,
    session_id UUID,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_tickets PRIMARY KEY (hash),
    CONSTRAINT fk_tickets_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT fk_tickets_key_id FOREIGN KEY(key_id) REFERENCES api_keys (id) ON DELETE CASCADE,
    CONSTRAINT fk_tickets_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT ck_tickets_of_one CHECK (num_nonnulls(key_id, session_id) = 1)
);
CREATE INDEX ix_tickets_expires_at ON tickets (expires_at);

-- Instead of a code of the app, once each.
CREATE TABLE recovery_codes (
    hash BYTEA NOT NULL,
    person_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (person_id, hash),
    CONSTRAINT fk_recovery_codes_person_id FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);

-- While nobody owns anything: what lets the first owner in.
CREATE TABLE setup_tokens (
    hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_setup_tokens PRIMARY KEY (hash)
);

ALTER TABLE api_keys ADD COLUMN created_by TEXT DEFAULT 'set-up' NOT NULL, ADD COLUMN used_at TIMESTAMP WITH TIME ZONE;

-- What the gateway may see of them. Nobody's password can be read by a plain SELECT, and no hash of a key or token.
GRANT SELECT (id, email, password_changed_at, totp_since, totp_step, created_at), INSERT,
    UPDATE (password, password_changed_at, totp, totp_since, totp_step) ON people TO callsheet_gateway;
GRANT SELECT (person_id), INSERT, DELETE ON recovery_codes TO callsheet_gateway;
GRANT SELECT, INSERT, DELETE, UPDATE (role) ON members TO callsheet_gateway;
GRANT SELECT, INSERT, UPDATE (seen_at, expires_at, ended_at, ended_because) ON sessions TO callsheet_gateway;
GRANT SELECT (session_id), INSERT ON refresh_tokens TO callsheet_gateway;
GRANT SELECT (id, workspace_id, email, role, created_by, created_at, expires_at), INSERT, DELETE
    ON invitations TO callsheet_gateway;
GRANT INSERT ON tickets TO callsheet_gateway;
GRANT INSERT ON workspaces TO callsheet_gateway;
GRANT SELECT (id, workspace_id, name, prefix, scopes, created_by, created_at, expires_at, revoked_at, used_at),
    INSERT, UPDATE (revoked_at) ON api_keys TO callsheet_gateway;
-- Housekeeping.
GRANT SELECT (id, ends_at), DELETE ON sessions TO callsheet_worker;
GRANT SELECT (expires_at), DELETE ON invitations, tickets TO callsheet_worker;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['members', 'invitations', 'tickets'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', wanted);
        EXECUTE format('CREATE POLICY own_workspace ON %I TO callsheet_gateway
            USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()))',
            wanted);
    END LOOP;
    FOREACH wanted IN ARRAY ARRAY['sessions', 'invitations', 'tickets'] LOOP
        EXECUTE format('CREATE POLICY engine ON %I TO callsheet_worker USING (true)', wanted);
    END LOOP;
END $$;

CREATE POLICY own_memberships ON members FOR SELECT TO callsheet_gateway USING (person_id = (SELECT current_person()));

CREATE POLICY own_memberships ON workspaces FOR SELECT TO callsheet_gateway
    USING (id IN (SELECT m.workspace_id FROM members m WHERE m.person_id = (SELECT current_person())));

ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY oneself ON people TO callsheet_gateway
    USING (id = (SELECT current_person())) WITH CHECK (id = (SELECT current_person()));
CREATE POLICY fellow_members ON people FOR SELECT TO callsheet_gateway
    USING (id IN (SELECT m.person_id FROM members m WHERE m.workspace_id = (SELECT current_workspace())));

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON sessions TO callsheet_gateway
    USING (person_id = (SELECT current_person())) WITH CHECK (person_id = (SELECT current_person()));

ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON recovery_codes TO callsheet_gateway
    USING (person_id = (SELECT current_person())) WITH CHECK (person_id = (SELECT current_person()));

ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON refresh_tokens TO callsheet_gateway
    USING (session_id IN (SELECT s.id FROM sessions s WHERE s.person_id = (SELECT current_person())))
    WITH CHECK (session_id IN (SELECT s.id FROM sessions s WHERE s.person_id = (SELECT current_person())));

ALTER TABLE setup_tokens ENABLE ROW LEVEL SECURITY;

-- Before anybody is known: narrow questions, each by what only the one who asks can have.

-- A key was used; noted at most once a minute.
CREATE FUNCTION note_key_use(used uuid[])
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    UPDATE public.api_keys k SET used_at = clock_timestamp()
    WHERE k.id = ANY (used) AND (k.used_at IS NULL OR k.used_at < clock_timestamp() - interval '1 minute')
$$;

-- Whose session is this, and what may they do in the workspace that is named, or in their only one?
CREATE FUNCTION find_session(wanted uuid, named uuid)
    RETURNS TABLE (person_id uuid, email text, totp boolean, workspace_id uuid, role text, workspaces bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT s.person_id, p.email, p.totp_since IS NOT NULL, m.workspace_id, m.role, n.workspaces
    FROM public.sessions s JOIN public.people p ON p.id = s.person_id
    CROSS JOIN LATERAL (SELECT count(*) AS workspaces FROM public.members o WHERE o.person_id = s.person_id) n
    LEFT JOIN public.members m ON m.person_id = s.person_id AND (m.workspace_id = named OR named IS NULL AND n.workspaces = 1)
    WHERE s.id = wanted AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
$$;

CREATE FUNCTION find_password(wanted text)
    RETURNS TABLE (person_id uuid, password text, totp text, totp_since timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT p.id, p.password, p.totp, p.totp_since FROM public.people p WHERE p.email = wanted
$$;

CREATE FUNCTION take_recovery_code(wanted uuid, code bytea) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH taken AS (DELETE FROM public.recovery_codes r WHERE r.person_id = wanted AND r.hash = code RETURNING 1)
    SELECT EXISTS (SELECT FROM taken)
$$;

-- Whether the person with this e-mail address has signed in from this IP address before.
CREATE FUNCTION has_signed_in_from(wanted text, place text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (SELECT FROM public.sessions s JOIN public.people p ON p.id = s.person_id
                   WHERE p.email = wanted AND s.address = place)
$$;

-- A refresh token is used, and the one that follows it is kept; or it comes again. Its session is held until the transaction
-- ends; the statements after that see what those did for whom the first one waited.
CREATE FUNCTION take_refresh_token(wanted bytea, following bytea)
    RETURNS TABLE (session_id uuid, person_id uuid, used_s double precision, following_used boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM FROM public.sessions s
    WHERE s.id = (SELECT r.session_id FROM public.refresh_tokens r WHERE r.hash = wanted) FOR UPDATE;
    RETURN QUERY
        SELECT s.id, s.person_id, extract(epoch FROM clock_timestamp() - r.used_at)::double precision,
               EXISTS (SELECT FROM public.refresh_tokens n WHERE n.hash = following AND n.used_at IS NOT NULL)
        FROM public.refresh_tokens r JOIN public.sessions s ON s.id = r.session_id
        WHERE r.hash = wanted AND s.ended_at IS NULL AND s.expires_at > clock_timestamp();
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH used AS (
        UPDATE public.refresh_tokens r SET used_at = clock_timestamp() WHERE r.hash = wanted AND r.used_at IS NULL
        RETURNING r.session_id
    )
    INSERT INTO public.refresh_tokens (hash, session_id) SELECT following, u.session_id FROM used u;
END
$$;

-- Takes the ticket, so that the next one finds nothing.
CREATE FUNCTION take_ticket(wanted bytea)
    RETURNS TABLE (workspace_id uuid, key_id uuid, session_id uuid)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    DELETE FROM public.tickets t WHERE t.hash = wanted AND t.expires_at > clock_timestamp()
    RETURNING t.workspace_id, t.key_id, t.session_id
$$;

CREATE FUNCTION find_key_by_id(wanted uuid)
    RETURNS TABLE (id uuid, workspace_id uuid, name text, scopes text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT k.id, k.workspace_id, k.name, k.scopes FROM public.api_keys k
    WHERE k.id = wanted AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$;

-- Held until the transaction ends, so that one person accepts it.
CREATE FUNCTION take_invitation(wanted bytea)
    RETURNS TABLE (id uuid, workspace_id uuid, email text, role text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT i.id, i.workspace_id, i.email, i.role FROM public.invitations i
    WHERE i.hash = wanted AND i.expires_at > clock_timestamp() FOR UPDATE
$$;

CREATE FUNCTION has_owner() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (SELECT FROM public.members m WHERE m.role = 'owner')
$$;

-- A workspace of this name that nobody is a member of: one that was made for its API key.
CREATE FUNCTION find_ownerless(wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT w.id FROM public.workspaces w
    WHERE w.name = wanted AND w.id <> '00000000-0000-7000-8000-000000000001'
      AND NOT EXISTS (SELECT FROM public.members m WHERE m.workspace_id = w.id)
    ORDER BY w.id LIMIT 1
$$;

-- Set-up: a token is offered while there is no owner, and all are gone with the first one.
CREATE FUNCTION offer_setup(fresh bytea, kept bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF public.has_owner() THEN
        RETURN 'owned';
    END IF;
    IF EXISTS (SELECT FROM public.setup_tokens t WHERE t.hash = kept) THEN
        RETURN 'kept';
    END IF;
    DELETE FROM public.setup_tokens t WHERE t.created_at < clock_timestamp() - interval '7 days';
    INSERT INTO public.setup_tokens (hash) VALUES (fresh);
    RETURN 'fresh';
END
$$;

CREATE FUNCTION knows_setup(wanted bytea) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (SELECT FROM public.setup_tokens t WHERE t.hash = wanted)
$$;

CREATE FUNCTION take_setup(wanted bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'63616C73'::int);
    IF public.has_owner() OR NOT EXISTS (SELECT FROM public.setup_tokens t WHERE t.hash = wanted) THEN
        RETURN false;
    END IF;
    DELETE FROM public.setup_tokens;
    RETURN true;
END
$$;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['note_key_use(uuid[])', 'find_session(uuid, uuid)',
        'find_password(text)', 'take_recovery_code(uuid, bytea)', 'has_signed_in_from(text, text)', 'take_refresh_token(bytea, bytea)', 'take_ticket(bytea)', 'find_key_by_id(uuid)',
        'take_invitation(bytea)', 'has_owner()', 'find_ownerless(text)', 'offer_setup(bytea, bytea)',
        'knows_setup(bytea)', 'take_setup(bytea)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', wanted);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO callsheet_gateway', wanted);
    END LOOP;
END $$;
