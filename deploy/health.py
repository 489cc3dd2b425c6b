# ruff: noqa: INP001 - a script that the images carry, no package
"""Does this container do its work? Exit code 0 if it does; else one line that says why not.

`health.py gateway | flower | sandbox | beat | pool NAME`. Asks the process itself where it answers, else what it has said
to PostgreSQL lately: a process that runs and does nothing is not well.
"""

from __future__ import annotations

import sys
import urllib.request

import psycopg

from shared.errors import CallsheetError
from shared.settings import Role, Settings, load_settings

LONGEST_S = 5

# A beat that leads or waits asks PostgreSQL at least every few seconds; a role sees its own sessions.
BEAT = """
    SELECT coalesce(bool_or(state_change > clock_timestamp() - interval '30 seconds'), false)
    FROM pg_stat_activity
    WHERE usename = current_user AND application_name = 'callsheet-dispatcher'
      AND client_addr IS NOT DISTINCT FROM inet_client_addr() AND pid <> pg_backend_pid()
"""
POOL = """
    SELECT EXISTS (SELECT FROM workers WHERE pool = %(pool)s AND host = %(machine)s AND seen_until > clock_timestamp())
"""
# A host that nobody has made yet has no keeper to miss.
KEEPER = """
    SELECT NOT EXISTS (
        SELECT FROM hosts WHERE name = %(host)s
          AND coalesce(keeper_seen_at, '-infinity') < clock_timestamp() - interval '60 seconds')
"""


def problem(settings: Settings, part: str, pool: str) -> str:
    """Return what is wrong; "" if nothing is."""
    pages = {
        "gateway": f":{settings.port}/livez",
        "flower": f":{settings.flower_port}/healthcheck",
        "sandbox": f":{settings.sandbox_port}/_healthz",
    }
    if part in pages:
        return _asked(f"http://127.0.0.1{pages[part]}")
    if part == "beat":
        return "" if _is_true(settings, "dispatcher", BEAT, {}) else "this beat has asked nothing for 30 s"
    if part == "pool":
        return _pool_problem(settings, pool)
    return f"there is no part {part!r}"


def _pool_problem(settings: Settings, pool: str) -> str:
    names = {"pool": pool, "machine": settings.machine, "host": settings.host_name}
    if not _is_true(settings, "worker", POOL, names):
        return f"the pool {pool!r} has not been heard of"
    return "" if _is_true(settings, "worker", KEEPER, names) else f"the keeper of {settings.host_name} is silent"


def _asked(url: str) -> str:
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy the container uses
    with straight.open(url, timeout=LONGEST_S) as answer:
        return "" if answer.status == 200 else f"{url} answers {answer.status}"  # noqa: PLR2004 - the one good answer


def _is_true(settings: Settings, role: Role, query: str, values: dict[str, str]) -> bool:
    address = settings.database_url_for(role).replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address, connect_timeout=LONGEST_S, application_name="callsheet-health") as connection:
        found = connection.execute(query, values).fetchone()
    return bool(found and found[0])


def main() -> None:
    """Look, and say what is wrong."""
    part, pool = (*sys.argv[1:3], "", "")[:2]
    try:
        found = problem(load_settings(), part, pool)
    except (OSError, psycopg.Error, CallsheetError) as error:
        found = f"{type(error).__name__}: {error}"
    if found:
        sys.exit(found)


if __name__ == "__main__":
    main()
