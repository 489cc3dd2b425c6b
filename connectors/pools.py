"""Which pools of workers does a machine have, and which lanes does each serve? What the connectors there are decides it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.contract.manifest import Manifest
from connectors.registry import MANIFESTS
from shared.errors import NotConfigured
from shared.settings import Settings

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
    """Return the pools of this host by name: one for the system, each platform in Chromium, a Mac's Safari, and all APIs.

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
    """Return whether a platform is only read in a browser."""
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
    """Return one pool by name.

    Raises:
        NotConfigured: there is no such pool.
    """
    known = pools(settings)
    if name not in known:
        raise NotConfigured(setting="pool", message=f"There is no pool {name!r}; there are {', '.join(sorted(known))}.")
    return known[name]
