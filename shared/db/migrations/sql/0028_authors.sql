-- Whose words a key brings is said when it is made, not in each request. Null, of keys from before and of a home's own: whatever
-- the request says. `made_by` is the person behind a key, also where another key has made it.
ALTER TABLE api_keys ADD COLUMN author TEXT, ADD COLUMN made_by UUID;
-- The column is new: every value is null.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE api_keys ADD CONSTRAINT ck_api_keys_author CHECK (author IN ('person', 'template', 'ai'));
GRANT SELECT (author, made_by) ON api_keys TO callsheet_gateway;

-- squawk-ignore ban-drop-function
DROP FUNCTION find_api_key(bytea);
CREATE FUNCTION find_api_key(wanted bytea)
    RETURNS TABLE (id uuid, workspace_id uuid, name text, scopes text[], author text, made_by uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.id, k.workspace_id, k.name, k.scopes, k.author, k.made_by FROM public.api_keys k
    WHERE k.hash = wanted AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$;
-- squawk-ignore ban-drop-function
DROP FUNCTION find_key_by_id(uuid);
CREATE FUNCTION find_key_by_id(wanted uuid)
    RETURNS TABLE (id uuid, workspace_id uuid, name text, scopes text[], author text, made_by uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.id, k.workspace_id, k.name, k.scopes, k.author, k.made_by FROM public.api_keys k
    WHERE k.id = wanted AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$;
REVOKE ALL ON FUNCTION find_api_key(bytea), find_key_by_id(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key(bytea), find_key_by_id(uuid) TO callsheet_gateway;

-- Who stands behind a task's words: the person, or the key that nobody is known to have made.
ALTER TABLE tasks ADD COLUMN asked_by_id UUID;
ALTER TABLE schedules ADD COLUMN asked_by_id UUID;
ALTER TABLE approval_rules ADD COLUMN four_eyes BOOLEAN DEFAULT false NOT NULL;
