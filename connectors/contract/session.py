"""How does a worker open a session for an account over one transport?"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from connectors.contract.action import AccountFacts


@dataclass(frozen=True, slots=True)
class LocatorDrift:
    """An element that another way than the first has found: which of how many."""

    locator: str
    way: int
    ways: int


@dataclass(frozen=True, slots=True)
class LocalBrowser:
    """A browser of this machine, by its main process. `identity` (`shared/process_identity.py`) is None where unreadable."""

    pid: int
    identity: str | None


@dataclass(frozen=True, slots=True)
class HostBrowser:
    """A browser of a joined host, by the host's name and the fencing token under which a session has its lane."""

    host: str
    token: int


class Sessions(Protocol):
    """One transport as a worker process drives it: warm browsers, or a client of an API."""

    def session(self, account: AccountFacts) -> AbstractAsyncContextManager[object]:
        """Return what the account's actions work with; its end is the end of this step, not of the transport.

        Raises:
            NotConfigured: this machine cannot drive it.
            Transient: it was lost as it began.
        """

    def browser_of(self, account_id: str) -> LocalBrowser | HostBrowser | None:
        """Return the account's browser; None where no process but ours acts, or none that may be ended."""
