-- Every instant is one that a process of ours can read, and every number is one. PostgreSQL knows instants without an end and
-- years beyond 9999, which Python does not: one such row, in any workspace, stopped the dispatcher for all; and `NaN` is equal
-- to every start time, so that the keeper would have ended a stranger.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT c.relname, string_agg(format(CASE
                   WHEN a.atttypid = 'timestamptz[]'::regtype THEN
                       '(''9999-12-31 00:00+00'' > ALL (%1$I) AND ''0001-01-02 00:00+00'' <= ALL (%1$I))'
                   WHEN a.atttypid = 'timestamptz'::regtype THEN
                       '(%1$I >= ''0001-01-02 00:00+00'' AND %1$I < ''9999-12-31 00:00+00'')'
                   ELSE '(%1$I > ''-Infinity'' AND %1$I < ''Infinity'')' END, a.attname), ' AND ' ORDER BY a.attnum) AS finite,
               string_agg(format('%1$I = CASE WHEN %2$s THEN %1$I ELSE %3$s END', a.attname, CASE
                   WHEN a.atttypid = 'timestamptz'::regtype THEN
                       format('%1$I >= ''0001-01-02 00:00+00'' AND %1$I < ''9999-12-31 00:00+00''', a.attname)
                   WHEN a.atttypid = 'timestamptz[]'::regtype THEN
                       format('''9999-12-31 00:00+00'' > ALL (%1$I) AND ''0001-01-02 00:00+00'' <= ALL (%1$I)', a.attname)
                   ELSE format('%1$I > ''-Infinity'' AND %1$I < ''Infinity''', a.attname) END, CASE
                   WHEN NOT a.attnotnull THEN 'NULL'
                   WHEN a.atttypid = 'timestamptz[]'::regtype THEN '''{}'''
                   WHEN a.atttypid = 'timestamptz'::regtype THEN 'clock_timestamp()'
                   ELSE '0' END), ', ') AS mended
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attgenerated = ''
          AND a.atttypid IN ('timestamptz'::regtype, 'timestamptz[]'::regtype, 'double precision'::regtype, 'real'::regtype)
        GROUP BY c.relname
    LOOP
        -- What was written before is mended where that is allowed; what only grows is left as it is, and not read again.
        IF wanted.relname NOT IN ('task_events', 'audit_log') THEN
            EXECUTE format('UPDATE %I SET %s WHERE NOT (%s)', wanted.relname, wanted.mended, wanted.finite);
        END IF;
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (%s) NOT VALID', wanted.relname,
                       'ck_' || wanted.relname || '_finite', wanted.finite);
    END LOOP;
END $$;
