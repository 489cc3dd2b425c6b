-- What was said of a task's start before it started. `scheduled_for` is the task's own at that time: once it is moved, the
-- old word does not count.
CREATE TABLE forecasts (
    task_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE NOT NULL,
    expected_start TIMESTAMP WITH TIME ZONE NOT NULL,
    scheduled_for TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_forecasts PRIMARY KEY (task_id),
    CONSTRAINT fk_forecasts_task_id FOREIGN KEY(task_id) REFERENCES tasks (id) ON DELETE CASCADE,
    CONSTRAINT fk_forecasts_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX ix_forecasts_expected_start ON forecasts (expected_start);

GRANT SELECT ON forecasts TO callsheet_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON forecasts TO callsheet_worker;
ALTER TABLE forecasts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON forecasts TO callsheet_gateway
    USING (workspace_id = (SELECT current_workspace())) WITH CHECK (workspace_id = (SELECT current_workspace()));
CREATE POLICY engine ON forecasts TO callsheet_worker USING (true) WITH CHECK (true);

-- For /metrics: how far from the forecast tasks started, of those that did so in the last 24 hours. Seconds, and no names.
CREATE FUNCTION forecast_errors()
    RETURNS TABLE (checked bigint, median_s double precision, most_s double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY e.seconds), percentile_cont(0.9) WITHIN GROUP (ORDER BY e.seconds)
    FROM (
        SELECT abs(extract(epoch FROM t.started_at - f.expected_start))::double precision AS seconds
        FROM public.forecasts f JOIN public.tasks t ON t.id = f.task_id
        WHERE t.started_at > clock_timestamp() - interval '24 hours' AND t.started_at > f.as_of
          AND t.scheduled_for IS NOT DISTINCT FROM f.scheduled_for
    ) e
$$;
REVOKE ALL ON FUNCTION forecast_errors() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forecast_errors() TO callsheet_gateway;
