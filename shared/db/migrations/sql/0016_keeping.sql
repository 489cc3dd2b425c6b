-- How long screenshots and what others wrote are kept. A row outlives what it stands for: the address of a screenshot that was
-- removed says so, and what a platform shows again after years is still known.

ALTER TABLE proofs ADD COLUMN removed_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE archived_proofs
    ADD COLUMN size INTEGER DEFAULT 0 NOT NULL,
    ADD COLUMN created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ADD COLUMN removed_at TIMESTAMP WITH TIME ZONE;
UPDATE archived_proofs p SET size = (d ->> 'size')::int, created_at = (d ->> 'created_at')::timestamptz
FROM archived_tasks t CROSS JOIN LATERAL jsonb_array_elements(t.document -> 'proofs') AS d
WHERE t.id = p.task_id AND (d ->> 'id')::uuid = p.id;
CREATE INDEX ix_proofs_kept ON proofs (created_at) WHERE removed_at IS NULL;
CREATE INDEX ix_archived_proofs_kept ON archived_proofs (created_at) WHERE removed_at IS NULL;
GRANT UPDATE (removed_at) ON proofs, archived_proofs TO callsheet_worker;

-- Whether files lie here rightly, for whoever can name them: a machine that shares its folder with others holds screenshots of
-- workspaces that it does not see, and must take none of those for nobody's.
CREATE FUNCTION proof_states(wanted uuid[]) RETURNS TABLE (id uuid, removed boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, p.removed_at IS NOT NULL FROM public.proofs p WHERE p.id = ANY (wanted)
    UNION ALL
    SELECT a.id, a.removed_at IS NOT NULL FROM public.archived_proofs a WHERE a.id = ANY (wanted)
$$;
REVOKE ALL ON FUNCTION proof_states(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION proof_states(uuid[]) TO callsheet_worker, callsheet_host;

ALTER TABLE interactions ADD COLUMN forgotten_at TIMESTAMP WITH TIME ZONE;
CREATE INDEX ix_interactions_kept ON interactions (received_at) WHERE forgotten_at IS NULL;
GRANT UPDATE (author, text, url, at, forgotten_at) ON interactions TO callsheet_worker;
