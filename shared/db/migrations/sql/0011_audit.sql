-- The audit log: who changed what, when and from where, before and after. One chain of hashes for each workspace.

CREATE TABLE audit_log (
    workspace_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    actor_id TEXT,
    via TEXT,
    address TEXT,
    correlation_id TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before JSONB,
    after JSONB,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (workspace_id, seq),
    CONSTRAINT fk_audit_log_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_audit_log_actor ON audit_log (workspace_id, actor, seq);

-- What a row's hash is taken over. Instants as microseconds since 1970, so that no session's time zone gets into it.
CREATE FUNCTION audit_hash(previous bytea, entry audit_log) RETURNS bytea LANGUAGE sql STABLE
    SET search_path = pg_catalog, public AS $$
    SELECT sha256(coalesce(previous, '') || convert_to(jsonb_build_array(
        entry.workspace_id, entry.seq, (extract(epoch FROM entry.at) * 1000000)::bigint, entry.actor, entry.actor_id,
        entry.via, entry.address, entry.correlation_id, entry.action, entry.subject, entry.before, entry.after)::text, 'UTF8'))
$$;

-- The one way into the log. `app.actor` is what the gateway's transaction says of its caller; without it the role speaks.
-- One writer at a time for each workspace, until its commit: called last in a transaction, after the event counter.
CREATE FUNCTION audit_append(of_workspace uuid, what text, about text, was jsonb, became jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    who jsonb := coalesce(nullif(current_setting('app.actor', true), ''), '{}')::jsonb;
    last audit_log;
    entry audit_log;
BEGIN
    PERFORM pg_advisory_xact_lock(1635083369, hashtext(of_workspace::text));
    SELECT * INTO last FROM audit_log WHERE workspace_id = of_workspace ORDER BY seq DESC LIMIT 1;
    entry := ROW(of_workspace, coalesce(last.seq, 0) + 1, clock_timestamp(), coalesce(who ->> 'name', session_user), who ->> 'id',
                 who ->> 'via', who ->> 'address', who ->> 'correlation_id', what, about, was, became, NULL)::audit_log;
    entry.hash := audit_hash(last.hash, entry);
    INSERT INTO audit_log SELECT entry.*;
END $$;
REVOKE ALL ON FUNCTION audit_append(uuid, text, text, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append(uuid, text, text, jsonb, jsonb) TO callsheet_gateway, callsheet_worker;

-- One change of one row. Arguments: the key's columns, those whose content is hidden, those that are nobody's decision.
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    became jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    whole jsonb := coalesce(became, was);
    hidden text[] := string_to_array(TG_ARGV[1], ',');
    same text[];
    about text;
    word text := CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END;
BEGIN
    SELECT string_agg(whole ->> part, ' ' ORDER BY place) INTO about
    FROM unnest(string_to_array(TG_ARGV[0], ',')) WITH ORDINALITY AS parts(part, place);
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(key) INTO same FROM jsonb_each(became) WHERE value IS NOT DISTINCT FROM was -> key;
        was := was - coalesce(same, '{}') - string_to_array(TG_ARGV[2], ',');
        became := became - coalesce(same, '{}') - string_to_array(TG_ARGV[2], ',');
        IF became = '{}' THEN
            RETURN NULL;
        END IF;
    END IF;
    SELECT was || coalesce(jsonb_object_agg(key, '(hidden)'), '{}') INTO was
    FROM jsonb_each(was) WHERE key = ANY (hidden) AND value <> 'null';
    SELECT became || coalesce(jsonb_object_agg(key, '(hidden)'), '{}') INTO became
    FROM jsonb_each(became) WHERE key = ANY (hidden) AND value <> 'null';
    PERFORM audit_append(
        coalesce(whole ->> 'workspace_id', CASE TG_TABLE_NAME WHEN 'workspaces' THEN whole ->> 'id' END,
                 '00000000-0000-7000-8000-000000000001')::uuid,
        TG_TABLE_NAME || '.' || word, about, was, became);
    RETURN NULL;
END $$;

-- Has every change of a table written down, at the end of its transaction: then every other lock is held already, and what is
-- rolled back was never said. `hidden` is never shown, `ignored` changes without anybody's decision, `only_if` is about `row`.
CREATE FUNCTION audit_table(wanted text, hidden text DEFAULT '', ignored text DEFAULT '', only_if text DEFAULT 'true')
    RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    named text;
    event text;
BEGIN
    SELECT coalesce(nullif(string_agg(a.attname, ',' ORDER BY a.attnum) FILTER (WHERE a.attname <> 'workspace_id'), ''),
                    'workspace_id') INTO named
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = format('public.%I', wanted)::regclass AND i.indisprimary;
    FOREACH event IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER %s ON %I DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (%s%s) EXECUTE FUNCTION audit_row(%L, %L, %L)', 'audit_' || lower(event), event, wanted,
            CASE event WHEN 'UPDATE' THEN 'OLD IS DISTINCT FROM NEW AND ' ELSE '' END,
            replace(only_if, 'row.', CASE event WHEN 'DELETE' THEN 'OLD.' ELSE 'NEW.' END), named, hidden, ignored);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION audit_table(text, text, text, text) FROM PUBLIC;

-- People and credentials are made by revisions of their own, which may stand before this one or after it.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN SELECT * FROM (VALUES
        ('workspaces', '', '', 'true'),
        ('personas', '', '', 'true'),
        ('accounts', 'credentials', 'checked_at,health', 'true'),
        ('hosts', '', 'keeper_seen_at', 'true'),
        ('api_keys', 'hash', 'used_at', 'true'),
        ('limits', '', 'changed_at', 'true'),
        ('consents', '', '', 'true'),
        ('do_not_contact', '', '', 'true'),
        ('approval_rules', '', 'changed_at', 'true'),
        ('media', '', '', 'true'),
        ('switches', '', 'changed_at', 'true'),
        ('webhooks', 'secret', 'cursor,failing_since,rests_until', 'true'),
        ('notifications', 'target', 'cursor', 'true'),
        ('schedules', '', 'next_at', 'true'),
        ('sleep', '', 'asleep_since,wakes_at,trigger', 'true'),
        -- Other gates park and open scopes by themselves.
        ('scopes', '', '', $only$row.gate IN ('system', 'kill')$only$),
        ('people', 'password,totp', 'totp_step', 'true'),
        ('members', '', '', 'true'),
        ('invitations', 'hash', '', 'true'),
        ('sessions', '', 'seen_at,expires_at', 'true'),
        -- Tokens are refreshed by themselves; what somebody stores or removes comes with a request.
        ('account_credentials', 'sealed', '', $only$nullif(current_setting('app.actor', true), '') IS NOT NULL$only$)
    ) AS known(name, hidden, ignored, only_if) WHERE to_regclass('public.' || name) IS NOT NULL LOOP
        PERFORM audit_table(wanted.name, wanted.hidden, wanted.ignored, wanted.only_if);
    END LOOP;
END $$;

-- What somebody does to a task says `by` in the task's event; what tasks do by themselves does not, and is not kept here.
CREATE FUNCTION audit_task() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM audit_append(NEW.workspace_id, 'tasks.' || CASE
        WHEN NEW.data ? 'did' THEN NEW.data ->> 'did'
        WHEN NEW.data ? 'approved' THEN 'approved'
        WHEN NEW.data ? 'resolved' THEN 'resolved'
        WHEN NEW.data ? 'replayed' THEN 'replayed'
        WHEN NEW.data ? 'changed' THEN 'changed'
        WHEN NEW.data #>> '{error,code}' = 'rejected' THEN 'rejected'
        ELSE split_part(NEW.type, '.', 2) END, NEW.task_id::text, NULL, NEW.data - 'correlation_id');
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_task AFTER INSERT ON task_events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.task_id IS NOT NULL AND NEW.data ? 'by') EXECUTE FUNCTION audit_task();

-- Nobody rewrites it, its owner included.
CREATE TRIGGER guard_audit_log BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION guard_append_only();
CREATE TRIGGER guard_audit_log_whole BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION guard_append_only();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER guard_audit_log;
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER guard_audit_log_whole;

GRANT SELECT ON audit_log TO callsheet_gateway;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON audit_log FOR SELECT TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace()));
