"""What does a connector declare about its platform? Data only: the gateway and the CLI read nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Transport = Literal["api", "safari", "chromium"]
Verification = Literal["keyed", "searchable", "blind"]
Kind = Literal["action", "reading"]


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing a connector can do over one transport.

    `verification` says how an unknown outcome is settled: the platform takes our key, or the action can be read back, or
    neither. `visibility_s` is how long after the call's deadline a read may still miss it; `call_s` bounds the call
    itself. Both in seconds. `max_text` is in characters. `source` says where the figures come from. A `reading` changes
    nothing, so that it has nothing to verify and no text.
    """

    name: str
    transport: Transport
    call_s: float
    source: str
    kind: Kind = "action"
    verification: Verification = "blind"
    visibility_s: float = 0
    max_text: int = 0


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something the platform's users do and this connector does not, with the reason."""

    name: str
    transport: Transport
    reason: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One platform.

    `origin` is the address that the real site's pages start with, `hosts` are the only hosts its addresses may have.
    A practice account has an origin of its own and nothing else that differs.
    """

    platform: str
    name: str
    origin: str
    hosts: tuple[str, ...]
    capabilities: tuple[Capability, ...]
    unsupported: tuple[Unsupported, ...] = ()
    settings: tuple[str, ...] = ()
    can_switch_accounts: bool = False

    def capability(self, name: str, transport: str) -> Capability | None:
        """The capability of that name over that transport, or None."""
        return next((c for c in self.capabilities if (c.name, c.transport) == (name, transport)), None)
