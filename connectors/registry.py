"""Which connectors are there? Every folder here with a `manifest.py`.

`MANIFESTS`, the platforms' names and each connector's `measure` are all that the gateway and the CLI may use; workers also
load a connector's actions.

Importing this file registers the rules of each platform where the engine reads them.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import connectors as package
from connectors.contract.action import AccountFacts, Action
from connectors.contract.content import Measure
from connectors.contract.film import Film
from connectors.contract.manifest import Manifest
from connectors.contract.reading import Asking, Reader
from shared.accounts.ability import Abilities, Ability, Way
from shared.errors import NotConfigured
from shared.names import Names, folded
from shared.platform_rules import declare


def _load() -> tuple[dict[str, Manifest], dict[str, Measure]]:
    found: dict[str, Manifest] = {}
    measures: dict[str, Measure] = {}
    for folder in pkgutil.iter_modules(package.__path__):
        if not folder.ispkg:
            continue
        members = {m.name for m in pkgutil.iter_modules(f"{path}/{folder.name}" for path in package.__path__)}
        if {"manifest", "actions"} <= members:
            manifest: Manifest = importlib.import_module(f"connectors.{folder.name}.manifest").MANIFEST
            found[manifest.platform] = manifest
            measures[manifest.platform] = importlib.import_module(f"connectors.{folder.name}.measure").measure
            declare(manifest.platform, manifest.rules)
    return found, measures


MANIFESTS, MEASURES = _load()
GRACE_S = 25.0  # for a proof and the last records, after a worker's last call


def platform_names() -> Names:
    """Return the names of all platforms, with what people call each besides."""
    others = {folded(other): manifest.platform for manifest in MANIFESTS.values() for other in manifest.other_names}
    return Names("platform", frozenset(MANIFESTS), others)


def abilities() -> Abilities:
    """Return what every connector's manifest says it can and cannot do."""
    found: dict[Way, Ability] = {}
    for platform, manifest in MANIFESTS.items():
        for no in manifest.unsupported:
            found[Way(platform, no.name, no.transport)] = Ability(unsupported=no.reason)
        for can in manifest.capabilities:
            found[Way(platform, can.name, can.transport)] = Ability(measure=measure_of(platform))
    return found


def measure_of(platform: str) -> Measure:
    """Return the function that says why content can never be sent to a platform.

    Raises:
        NotConfigured: there is no such connector.
    """
    if platform not in MEASURES:
        raise NotConfigured(message=f"There is no connector for {platform}.", setting=f"connectors/{platform}")
    return MEASURES[platform]


def require_open(account: AccountFacts) -> None:
    """Check that the service at an address was not shut down.

    Raises:
        NotConfigured: it was.
    """
    closed = MANIFESTS[account.platform].closed_at(account.origin)
    if closed is not None:
        message = f"{closed.what} was discontinued on {closed.on.isoformat()} ({closed.source})"
        raise NotConfigured(code="discontinued", message=message, setting="an account elsewhere")


def load_action(platform: str, capability: str, transport: str) -> Action[Any]:
    """Return the code of one action, from the connector's `actions.py`.

    Raises:
        NotConfigured: the connector does not have it.
    """
    action: Action[Any] = _load_code(platform, capability, transport)
    return action


def load_reader(platform: str, capability: str, transport: str) -> Reader[Any, Any]:
    """Return the code of one reading, from the connector's `actions.py`.

    Raises:
        NotConfigured: the connector does not have it.
    """
    reader: Reader[Any, Any] = _load_code(platform, capability, transport)
    return reader


def load_film(platform: str, capability: str, transport: str) -> Film[Any]:
    """Return the code that follows the order of a film, from the connector's `actions.py`.

    Raises:
        NotConfigured: the connector does not have it.
    """
    film: Film[Any] = _load_code(platform, capability, transport)
    return film


def load_asking(platform: str, capability: str, transport: str) -> Asking[Any, Any, Any]:
    """Return the code of one reading that needs a question, from the connector's `actions.py`.

    Raises:
        NotConfigured: the connector does not have it.
    """
    asking: Asking[Any, Any, Any] = _load_code(platform, capability, transport)
    return asking


def ways_to(capability: str) -> list[tuple[str, str]]:
    """Return every (platform, transport) that has a capability of this name."""
    return [(m.platform, one.transport) for m in MANIFESTS.values() for one in m.capabilities if one.name == capability]


def stops_within_s() -> float:
    """Return how long a worker may need to stop: the time of the longest outward call and of storing its result."""
    calls = [one.call_s for m in MANIFESTS.values() for one in m.capabilities if one.kind == "action"]
    return max(calls, default=0) + GRACE_S


def _load_code(platform: str, capability: str, transport: str) -> Any:
    if platform in MANIFESTS:
        actions: dict[tuple[str, str], Any] = importlib.import_module(f"connectors.{platform}.actions").ACTIONS
        if (capability, transport) in actions:
            return actions[capability, transport]
    raise NotConfigured(
        code="unsupported",
        message=f"{platform} cannot do {capability!r} over {transport}.",
        setting=f"connectors/{platform}",
    )
