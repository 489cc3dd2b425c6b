"""Did a request leave this machine? The one place where the errors of HTTP clients are sorted.

An error before the connection was open means that nothing was sent: a write was not begun, and nobody has to look for it.
From the first byte on nothing is certain, whatever the error: a reset or a time-out may come after the platform has acted.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import httpx2

from connectors.contract.action import NotBegun
from shared.errors import Transient

# No name, no connection, no encryption, or no free connection in time.
UNSENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
    *(httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout),
)
SORTED = (httpx.TransportError, httpx2.TransportError)


@dataclass(eq=False)
class NotSent(Transient, NotBegun):
    """No byte of the request has left. For a reading this is a passing error, for a write it is `NotBegun`."""

    code: str = "not_sent"


def never_sent(error: BaseException) -> bool:
    """Return whether an error certainly came before the first byte of its request; libraries wrap the client's errors."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, NotSent):
            return True
        if isinstance(cause, SORTED):
            return isinstance(cause, UNSENT)
        cause = cause.__cause__
    return False


def no_answer(error: BaseException, message: str, *, code: str = "no_answer") -> Transient:
    """Return the error of a request that got no answer: `NotSent` where it never left."""
    return (NotSent if never_sent(error) else Transient)(code=code, message=message)


class Sending:
    """Records whether a request has begun to leave, for when our own time-out ends a call; the client reports to `trace`."""

    def __init__(self) -> None:
        self.begun = False

    async def trace(self, event: str, _: object) -> None:
        """Record an event of the client; the names are those of `httpcore`."""
        self.begun = self.begun or event.endswith(".send_request_headers.started")

    def timed_out(self, message: str) -> Transient:
        """Return the error of a call that our own time-out has ended."""
        return (Transient if self.begun else NotSent)(code="timeout", message=message)
