-- A dispatcher that leads and whose every round fails is not well: this is when one succeeded last, Redis included.
ALTER TABLE leases ADD COLUMN good_at TIMESTAMP WITH TIME ZONE;
-- It comes again in the next line, with the new column.
-- squawk-ignore ban-drop-constraint
ALTER TABLE leases DROP CONSTRAINT ck_leases_finite;
ALTER TABLE leases ADD CONSTRAINT ck_leases_finite CHECK (
    expires_at >= '0001-01-02 00:00+00' AND expires_at < '9999-12-31 00:00+00'
    AND seen_at >= '0001-01-02 00:00+00' AND seen_at < '9999-12-31 00:00+00'
    AND good_at >= '0001-01-02 00:00+00' AND good_at < '9999-12-31 00:00+00'
    AND lag_ms > '-Infinity' AND lag_ms < 'Infinity') NOT VALID;

-- The system sleeps for all, and who asked for it, by their e-mail address, is known where they asked.
ALTER TABLE sleep ADD COLUMN asked_in UUID;

-- A restored home held the system's own workspace closed as well, in which nobody is a member: nothing led out of it. The
-- workspaces of people stay held until they resume.
DELETE FROM scopes WHERE workspace_id = '00000000-0000-7000-8000-000000000001' AND key = 'all' AND gate = 'system'
    AND starts_with(reason, 'restored from the backup');
