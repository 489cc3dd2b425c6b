"""Which pools of workers are there, which lanes does each serve, and how is one started?

`python -m workers.pools --list` prints the pools of this host, `python -m workers.pools NAME` is the worker of one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.contract.manifest import Manifest
from connectors.registry import MANIFESTS
from shared.db.schema import require_current
from shared.errors import CallsheetError, NotConfigured
from shared.settings import Settings, load_settings
from workers.celery_program import run_celery

BROWSER_POOLS = 2  # on a small machine
SAFARI_POOL = "safari"
HOST_POOL = "host"


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
    """The pools of this host by name: the system's, one for each platform in Chromium, a Mac's Safari, one for all APIs.

    With `merge_pools` the system's own pool also serves all APIs and the platforms that are only read, and two pools share
    all others: on a small machine a pool costs more memory than what it waits for is worth. A host that joined serves
    its own lanes: all others are for everybody.
    """
    if settings.door_host:
        return {HOST_POOL: _behind_door(settings)}
    own, calls, browsers = ["system", "media", "ai"], list[str](), list[Pool]()
    for platform, manifest in sorted(MANIFESTS.items()):
        transports = {capability.transport for capability in manifest.capabilities}
        if "api" in transports:
            (own if settings.merge_pools else calls).append(f"api.{platform}")
        browser = f"chromium.{settings.host_name}.{platform}"
        if "chromium" in transports and settings.merge_pools and _is_read(manifest):
            own.append(browser)
        elif "chromium" in transports:
            browsers.append(Pool(platform, (browser,), concurrency=1, host_bound=True))
    found = [Pool("system", tuple(own), concurrency=1, host_bound=False)]
    found += _merged(browsers) if settings.merge_pools else browsers
    found += _of_safari(settings)
    if calls:
        found.append(Pool("apis", tuple(calls), concurrency=1, host_bound=False))
    return {pool.name: pool for pool in found}


def _merged(browsers: list[Pool]) -> list[Pool]:
    """At most so many pools with browsers, each under the name of its first platform."""
    size = max(1, -(-len(browsers) // BROWSER_POOLS))
    parts = [browsers[start : start + size] for start in range(0, len(browsers), size)]
    return [replace(part[0], lanes=tuple(lane for pool in part for lane in pool.lanes)) for part in parts]


def _is_read(manifest: Manifest) -> bool:
    """Whether a platform is only read in a browser."""
    return all(capability.kind == "reading" for capability in manifest.capabilities if capability.transport == "chromium")


def _of_safari(settings: Settings) -> Iterator[Pool]:
    if settings.drives_safari:
        yield Pool(SAFARI_POOL, (f"safari.{settings.host_name}",), concurrency=1, host_bound=True)


def _behind_door(settings: Settings) -> Pool:
    """All lanes of one joined host: its browsers are somewhere else, and its worker only waits for them."""
    lanes = [
        f"chromium.{settings.host_name}.{platform}"
        for platform, manifest in sorted(MANIFESTS.items())
        if any(capability.transport == "chromium" for capability in manifest.capabilities)
    ]
    return Pool(HOST_POOL, (*lanes, f"safari.{settings.host_name}"), concurrency=1, host_bound=True)


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
    """List the pools, or be the worker of one."""
    settings = load_settings()
    if sys.argv[1:] == ["--list"]:
        sys.stdout.write("".join(f"{name}\n" for name in pools(settings)))
        return
    pool = find_pool(settings, sys.argv[1])
    require_current(settings, "worker")
    settings.egress_networks()  # said here, where it can be read, if it is wrong
    run_celery(*command(pool, settings)[3:], CALLSHEET_POOL=pool.name)


def run() -> None:
    """Do so as a program: an error of ours is one line."""
    try:
        main()
    except CallsheetError as error:
        sys.exit(f"callsheet: {error}")


if __name__ == "__main__":
    run()
