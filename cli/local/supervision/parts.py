"""Which processes make up Callsheet on one machine, besides the servers?"""

from __future__ import annotations

import sys
from math import ceil

from cli.local.supervision.part import Part
from connectors.pools import pools
from connectors.registry import stops_within_s
from shared.settings import ProcessKind, Settings

# The part of ours that ends last: the practice sites outlive everything that acts on them.
SANDBOX = "sandbox"
FLOWER = "flower"
POOL_PREFIX = "pool-"
BEAT = ("celery", "-A", "workers.app", "beat", "-S", "workers.dispatcher.Dispatcher")


def parts_of(settings: Settings) -> list[Part]:
    """Return everything but the servers, in the order in which it starts."""
    data = str(settings.home / "sandbox")
    fixed: dict[str, tuple[ProcessKind, tuple[str, ...]]] = {
        SANDBOX: ("sandbox", ("sandbox", "--host", "127.0.0.1", "--port", str(settings.sandbox_port), "--data", data)),
        "gateway": ("gateway", ("api",)),
        # The dispatcher keeps its timetable in PostgreSQL, so there is neither a schedule file nor a pid file.
        "beat": ("dispatcher", (*BEAT, "--loglevel", "info")),
        "keeper": ("keeper", ("workers.keeper",)),
        FLOWER: ("flower", ("workers.flower",)),
    }
    keeper = fixed.pop("keeper")
    workers: dict[str, tuple[ProcessKind, tuple[str, ...]]] = {
        f"{POOL_PREFIX}{pool}": ("pool", ("workers.pools", pool)) for pool in pools(settings)
    }
    stops = ceil(stops_within_s())
    # The keeper has pools of its own, those of joined hosts.
    slow = workers | {"keeper": keeper}
    on_demand = {SANDBOX: ("127.0.0.1", settings.sandbox_port), FLOWER: (settings.host, settings.flower_port)}
    return [
        Part(name, (sys.executable, "-m", *words), kind=kind, listens=on_demand.get(name))
        for name, (kind, words) in fixed.items()
    ] + [Part(name, (sys.executable, "-m", *words), kind=kind, stop_seconds=stops) for name, (kind, words) in slow.items()]
