-- A row that others refer to is held FOR NO KEY UPDATE: a reference to it can be stored meanwhile. Held FOR UPDATE, a run made
-- whoever added a part to it wait in the check of the reference, which comes last, with the event counter in hand; and the end
-- of another part, which held the run, then waited for that counter: a deadlock.
CREATE OR REPLACE FUNCTION settle_credits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parts RECORD;
BEGIN
    IF NEW.status IN ('completed', 'failed', 'cancelled') THEN
        UPDATE credit_reservations SET settled_at = clock_timestamp(), state = CASE
            WHEN NEW.status = 'completed' OR EXISTS (
                SELECT FROM effects e WHERE e.task_id = NEW.id AND e.outcome = 'confirmed') THEN 'spent'
            ELSE 'released' END
        WHERE task_id = NEW.id AND state = 'reserved';
    END IF;
    IF NEW.run_id IS NOT NULL THEN
        PERFORM FROM runs WHERE id = NEW.run_id FOR NO KEY UPDATE;
        SELECT count(*) FILTER (WHERE status = 'completed') AS done,
               count(*) FILTER (WHERE status NOT IN ('completed', 'failed', 'cancelled')) AS left_over,
               count(*) AS n INTO parts
        FROM (SELECT t.status FROM tasks t WHERE t.run_id = NEW.run_id AND t.id <> NEW.id
              UNION ALL SELECT NEW.status) all_parts;
        UPDATE runs SET state = CASE WHEN parts.left_over > 0 THEN 'open' WHEN parts.done = parts.n THEN 'completed'
                                     WHEN parts.done > 0 THEN 'partial' ELSE 'failed' END
        WHERE id = NEW.run_id;
    END IF;
    RETURN NEW;
END $$;
