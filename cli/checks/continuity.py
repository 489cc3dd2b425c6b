"""Has the database lost anything, and would it lose anything if its server were lost?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, text

from cli.checks.finding import Finding

# The newest loss, how many workspaces are still paused because of it, and the state of the tasks that it left in doubt.
_LOSS = text(
    """
    SELECT l.*, (SELECT count(*) FROM scopes WHERE key = 'all' AND gate = 'system'
                 AND starts_with(reason, 'PostgreSQL came back from an earlier state')) AS paused,
           t.looked_for, t.asked
    FROM database_losses l, (
        SELECT count(*) FILTER (WHERE verify_at IS NOT NULL) AS looked_for,
               count(*) FILTER (WHERE verify_at IS NULL) AS asked
        FROM tasks WHERE status = 'unknown' AND doubted_at IS NOT NULL) t ORDER BY l.id DESC LIMIT 1
    """
)
# A standby that only archives or makes a backup never becomes the next server.
_COMMITS = text(
    """
    SELECT current_setting('synchronous_commit') AS waits, current_setting('synchronous_standby_names') AS names,
           current_setting('fsync') AS fsync,
           (SELECT count(*) FROM pg_stat_replication
            WHERE application_name NOT IN ('pg_basebackup', 'pg_receivewal', 'barman_receive_wal')) AS standbys
    """
)
NAMES_IT = 'See docs/production.md, "When PostgreSQL\'s server is lost".'


def check_continuity(connection: Connection) -> list[Finding]:
    """Check whether everything is paused because PostgreSQL came back from an earlier state, and what a commit waits for."""
    loss = connection.execute(_LOSS).one_or_none()
    found = Finding("database state", "ok", "it is what was noted") if loss is None or not loss.paused else _paused(loss)
    return [found, _commits(connection.execute(_COMMITS).one())]


def _paused(loss: Row[Any]) -> Finding:
    span = f"between {loss.since:%Y-%m-%d %H:%M:%S} and {loss.until:%Y-%m-%d %H:%M:%S} UTC"
    what = (
        f"PostgreSQL came back from an earlier state ({loss.reason}). What was written {span} may be gone, so everything is"
        f" paused in {loss.paused} workspaces. Of {loss.tasks} tasks that may have acted meanwhile {loss.looked_for} are"
        f" still looked for on their platforms, and {loss.asked} wait for a person's word"
    )
    mend = (
        "1. See that this is the server that you want, and that the other one never comes back."
        f" 2. Have everybody submit again what they submitted after {loss.since:%Y-%m-%d %H:%M:%S} UTC, with the same"
        " Idempotency-Key: what is there still is answered as before, and what is sent while everything is paused is looked"
        " for before it is done."
        " 3. `callsheet queue --status unknown` lists what is in doubt. Look at the platform for what waits for a person,"
        " and say what you see: `callsheet task resolve ID confirmed|absent --note …` (`--send-again` has it done)."
        " 4. `callsheet resume`, in each workspace."
    )
    return Finding("database state", "wrong", what, mend)


def _commits(found: Row[Any]) -> Finding:
    if found.fsync != "on" or found.waits == "off":
        said = f"fsync is {found.fsync}, synchronous_commit is {found.waits}: a crash loses what was done last"
        return Finding("commits", "warn", said, f"Set both to `on`. {NAMES_IT}")
    if found.standbys and (not found.names or found.waits == "local"):
        said = f"no commit waits for any of {found.standbys} standbys: the one that takes over has lost what was done last"
        return Finding("commits", "warn", said, f"Set synchronous_standby_names and synchronous_commit. {NAMES_IT}")
    return Finding(
        "commits", "ok", "on the standby's disk too" if found.standbys else "on the disk; no standby is connected"
    )
