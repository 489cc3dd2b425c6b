"""How may an account of a platform sign in? Collected from the connectors' manifests, which are not imported here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Conflict


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """One platform. `secret_fields` is empty where nobody can copy a secret from it.

    `browser` are the names of its transports in a browser, `inbox` those over which an inbox is read.
    """

    name: str
    origin: str
    practice_origin: str
    browser: frozenset[str]
    oauth: bool
    secret_kind: str = ""
    secret_fields: tuple[str, ...] = ()
    inbox: frozenset[str] = frozenset()


Platforms = Mapping[str, PlatformFacts]


def require_inbox(platform: PlatformFacts, transport: str) -> None:
    """Check that an inbox can be read.

    Raises:
        Conflict: the platform's cannot, over this transport.
    """
    if transport not in platform.inbox:
        message = f"{platform.name} has no inbox that is read over {transport}."
        raise Conflict(code="unsupported", field="inbox_every_s", message=message)
