"""How does a command reach the home's PostgreSQL, whether the home runs or not?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.local.address import with_servers
from cli.local.alone import alone
from cli.local.servers import cluster, postgres
from cli.local.supervision.process import supervisor_of
from shared.errors import Conflict, NotConfigured
from shared.settings import Settings


@contextmanager
def served(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with a database that answers: one that is set, the home's, or the home's started for this.

    Raises:
        NotConfigured: there is no database.
    """
    if settings.database_url or supervisor_of(settings.home):
        yield with_servers(settings)
        return
    if not cluster.recorded_url(settings.home):
        raise NotConfigured(setting="CALLSHEET_HOME", message=f"There is no Callsheet in {settings.home}.")
    with at_rest(settings) as found:
        yield found


@contextmanager
def at_rest(settings: Settings) -> Iterator[Settings]:
    """Yield the same while nothing else runs, or can be started meanwhile. A missing database is made.

    Raises:
        Conflict: Callsheet runs.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(settings.home):
        if supervisor_of(settings.home):
            raise Conflict(code="running", message="Callsheet runs in this home. `callsheet down` stops it.")
        if settings.database_url:
            yield settings
            return
        running = postgres.start(settings.home)
        try:
            yield settings.model_copy(update={"database_url": running.url})
        finally:
            running.stop()
