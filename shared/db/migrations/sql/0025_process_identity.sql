-- Start times in seconds since 1970 move with the machine's clock: after a step of it a living process was taken for dead. What
-- tells a process from every other one is the kernel's own count, with its boot. Start times stay for what earlier versions wrote
-- and still write while hosts of theirs run beside this one.
ALTER TABLE attempts ADD COLUMN process_identity TEXT, ADD COLUMN browser_identity TEXT;
-- Whoever reads it knows rows without one: both versions may run side by side.
-- squawk-ignore ban-drop-not-null
ALTER TABLE attempts ALTER COLUMN pid_started_at DROP NOT NULL;
GRANT UPDATE (browser_identity) ON attempts TO callsheet_host;
