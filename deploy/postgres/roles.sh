#!/bin/sh
# Which roles does the database have, and with which passwords? Made as `OWNER_URL`'s owner; safe to repeat.
#
# The migration gives the roles their rights and time-outs, and leaves alone a role that is there already. Back-up has a
# role of its own: it reads everything, changes nothing, and is not held to the others' time-outs.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$OWNER_URL" <<'SQL'
\getenv gateway GATEWAY_PASSWORD
\getenv worker WORKER_PASSWORD
\getenv dispatcher DISPATCHER_PASSWORD
\getenv backup BACKUP_PASSWORD

BEGIN;

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', name)
FROM unnest(ARRAY['callsheet_gateway', 'callsheet_worker', 'callsheet_dispatcher', 'callsheet_backup']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE callsheet_gateway PASSWORD :'gateway';
ALTER ROLE callsheet_worker PASSWORD :'worker';
ALTER ROLE callsheet_dispatcher PASSWORD :'dispatcher';

-- Row-level security would hide every row from a dump.
ALTER ROLE callsheet_backup PASSWORD :'backup' BYPASSRLS;
GRANT pg_read_all_data TO callsheet_backup;

COMMIT;
SQL
echo "The roles have the passwords of .env."
