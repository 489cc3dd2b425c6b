"""Which pools of workers are there, which lanes does each serve, and how is one started?

`python -m workers.pools --list` prints the pools of this host, `python -m workers.pools NAME` becomes the worker of one.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from connectors.registry import MANIFESTS
from shared.db.migrate import require_current
from shared.errors import CallsheetError, NotConfigured
from shared.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Pool:
    """Worker processes that serve some lanes. `concurrency` is the number of processes, and of tasks on each lane.

    `host_bound` pools drive browsers of one host and see that host's workspace.
    """

    name: str
    lanes: tuple[str, ...]
    concurrency: int
    host_bound: bool


def pools(settings: Settings) -> dict[str, Pool]:
    """The pools of this host by name: one for the system's own work, one for each platform.

    With `merge_pools` the system's own pool also serves the platforms that are only read: a look now and then is not worth
    two processes on a small machine.
    """
    own = ["system", "media", "ai"]
    found: dict[str, Pool] = {}
    for platform, manifest in sorted(MANIFESTS.items()):
        transports = {capability.transport for capability in manifest.capabilities}
        lanes = []
        if "chromium" in transports:
            lanes.append(f"chromium.{settings.host_name}.{platform}")
        if "api" in transports:
            lanes.append(f"api.{platform}")
        only_read = all(capability.kind == "reading" for capability in manifest.capabilities)
        if settings.merge_pools and only_read:
            own += lanes
        elif lanes:
            found[platform] = Pool(platform, tuple(lanes), concurrency=1, host_bound="chromium" in transports)
    return {"system": Pool("system", tuple(own), concurrency=1, host_bound=False), **found}


def find_pool(settings: Settings, name: str) -> Pool:
    """One pool by name.

    Raises:
        NotConfigured: there is no such pool.
    """
    known = pools(settings)
    if name not in known:
        raise NotConfigured(setting="pool", message=f"There is no pool {name!r}; there are {', '.join(sorted(known))}.")
    return known[name]


def command(pool: Pool, settings: Settings) -> list[str]:
    """The Celery command line of one pool's worker. Gossip and mingle are off: workers have nothing to say to each other."""
    return [
        sys.executable, "-m", "celery", "--app", "workers.tasks", "--quiet", "worker",
        "--queues", ",".join(pool.lanes), "--concurrency", str(pool.concurrency),
        "--hostname", f"{pool.name}@{settings.host_name}", "--loglevel", settings.log_level.upper(),
        "--without-gossip", "--without-mingle", "--heartbeat-interval", "10", "--events",
    ]  # fmt: skip


def main() -> None:
    """List the pools, or become the worker of one."""
    settings = load_settings()
    if sys.argv[1:] == ["--list"]:
        sys.stdout.write("".join(f"{name}\n" for name in pools(settings)))
        return
    pool = find_pool(settings, sys.argv[1])
    require_current(settings, "worker")
    settings.egress_networks()  # said here, where it can be read, if it is wrong
    # Celery ends a worker softly on SIGQUIT; supervisors send SIGTERM.
    environment = {**settings.as_environment(), "REMAP_SIGTERM": "SIGQUIT", "CALLSHEET_POOL": pool.name}
    os.execve(sys.executable, command(pool, settings), environment)  # noqa: S606 - becoming Celery, no shell involved


if __name__ == "__main__":
    try:
        main()
    except CallsheetError as error:
        sys.exit(f"callsheet: {error}")
