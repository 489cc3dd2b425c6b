-- A batch takes the room of one message, and its tasks are queued or running as it is not yet, or is claimed.
CREATE OR REPLACE FUNCTION lane_load(wanted text[])
    RETURNS TABLE (lane text, type text, released_at timestamptz, queued bigint, running bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.lane, o.type, o.released_at,
           count(*) FILTER (WHERE o.status <> 'running'), count(*) FILTER (WHERE o.status = 'running')
    FROM (
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status IN ('queued', 'running') AND t.batch_id IS NULL AND (wanted IS NULL OR t.lane = ANY (wanted))
        UNION ALL
        -- A look at an unknown outcome takes room on the lane like any other message.
        SELECT t.lane, t.type, t.released_at, t.status FROM public.tasks t
        WHERE t.status = 'unknown' AND t.verify_at IS NOT NULL AND t.verify_released
          AND (wanted IS NULL OR t.lane = ANY (wanted))
    ) o GROUP BY o.lane, o.type, o.released_at
    UNION ALL
    -- Each a row of its own, and so a message of its own. Who was cancelled in it still counts.
    SELECT b.lane, b.type, b.released_at, CASE WHEN b.claimed_at IS NULL THEN cardinality(b.task_ids) ELSE 0 END,
           CASE WHEN b.claimed_at IS NULL THEN 0 ELSE cardinality(b.task_ids) END
    FROM public.batches b WHERE wanted IS NULL OR b.lane = ANY (wanted)
$$;

CREATE OR REPLACE FUNCTION task_totals()
    RETURNS TABLE (status text, tasks bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN b.claimed_at IS NULL THEN t.status ELSE 'running' END, count(*)
    FROM public.tasks t LEFT JOIN public.batches b ON b.id = t.batch_id GROUP BY 1
$$;

CREATE OR REPLACE FUNCTION lane_totals()
    RETURNS TABLE (lane text, concurrency smallint, workers bigint, queued bigint, running bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT l.name, l.concurrency,
           (SELECT count(*) FROM public.workers w WHERE l.name = ANY (w.lanes) AND w.seen_until > clock_timestamp()),
           count(o.lane) FILTER (WHERE o.queued), count(o.lane) FILTER (WHERE NOT o.queued)
    FROM public.lanes l LEFT JOIN (
        SELECT t.lane, t.status = 'queued' AND b.claimed_at IS NULL AS queued
        FROM public.tasks t LEFT JOIN public.batches b ON b.id = t.batch_id WHERE t.status IN ('queued', 'running')
    ) o ON o.lane = l.name
    GROUP BY l.name, l.concurrency
$$;

-- Of single messages alone: tasks of batches are found by their batch, and need no entry here.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_tasks_out;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_tasks_out ON tasks (lane) WHERE status IN ('queued', 'running') AND batch_id IS NULL;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_tasks_queued;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_tasks_queued ON tasks (released_at) WHERE status = 'queued' AND batch_id IS NULL;
