-- What has a confirmed effect never ends as if nothing had been done (ADR 0047). A waiting task whose steps are all done is
-- completed where it would be cancelled or fail: four edges more. What else ends without the rest says what went out: added
-- here, whoever ends it and how.
CREATE FUNCTION tell_done_steps() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parts jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('step', e.step, 'external_id', coalesce(e.external_id, ''),
                                        'external_url', coalesce(e.external_url, '')) ORDER BY e.id)
    INTO parts FROM public.effects e WHERE e.task_id = NEW.id AND e.outcome = 'confirmed';
    IF parts IS NOT NULL THEN
        NEW.result := jsonb_build_object('partial', parts);
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION tell_done_steps() FROM PUBLIC;

CREATE TRIGGER tell_done_steps BEFORE UPDATE OF status ON tasks FOR EACH ROW
    WHEN (NEW.account_id IS NOT NULL AND NEW.status IN ('failed', 'cancelled') AND OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION tell_done_steps();

DROP TRIGGER guard_task_status ON tasks;
CREATE TRIGGER guard_task_status BEFORE UPDATE OF status ON tasks FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status AND (OLD.status || '>' || NEW.status) NOT IN (
        'awaiting_approval>scheduled', 'awaiting_approval>pending', 'awaiting_approval>completed',
        'awaiting_approval>cancelled',
        'scheduled>pending', 'scheduled>completed', 'scheduled>cancelled', 'scheduled>unknown',
        'pending>queued', 'pending>scheduled', 'pending>awaiting_approval', 'pending>completed', 'pending>failed',
        'pending>cancelled', 'pending>unknown',
        'queued>running', 'queued>pending', 'queued>completed', 'queued>cancelled', 'queued>unknown',
        'running>completed', 'running>failed', 'running>unknown', 'running>scheduled', 'running>pending', 'running>cancelled',
        'unknown>completed', 'unknown>pending', 'unknown>failed', 'unknown>cancelled',
        'failed>pending', 'failed>unknown',
        'cancelled>awaiting_approval', 'cancelled>scheduled', 'cancelled>pending')
        AND NOT (OLD.batch_id IS NOT NULL AND NEW.status IN ('completed', 'failed', 'scheduled')))
    EXECUTE FUNCTION refuse_task_edge();

-- What a lost attempt had done already was not marked. Every type so far has one outward step.
UPDATE tasks t SET acted = true
WHERE NOT t.acted AND t.account_id IS NOT NULL AND t.status IN ('awaiting_approval', 'scheduled', 'pending', 'queued')
  AND EXISTS (SELECT FROM effects e WHERE e.task_id = t.id AND e.outcome = 'confirmed');

-- The proof of what is completed by its ledger, whoever ends it.
GRANT SELECT ON proofs TO callsheet_dispatcher;
