"""How does a connector do one outward action, so that it is done once?

The engine calls `prepare`, writes the intent with the baseline that `prepare` read, calls `commit` once, and later
`proof`. If it cannot know what came of `commit`, it calls `verify` from a fresh session until the outcome is certain.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from connectors.contract.content import NOTHING, Content
from shared.errors import CallsheetError


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The identity that acts. `origin` has no slash at its end; `credentials` is empty for browser accounts."""

    id: str
    platform: str
    handle: str
    origin: str
    credentials: dict[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """One outward action: its target (an address or a handle; empty where it creates something), and its content.

    `key` is made once for (task, step) and stays the same over attempts, for platforms that take a key.
    """

    target: str
    content: Content = NOTHING
    key: str = ""

    @property
    def action(self) -> str:
        """The kind of action."""
        return self.content.action

    @property
    def text(self) -> str:
        """The words of its content."""
        return self.content.text


@dataclass(frozen=True, slots=True)
class Baseline:
    """The page's state just before: ids of our own rows with this text, and the newest id of all."""

    matching_ids: tuple[str, ...]
    newest_id: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's record of it: its id, where it is seen, and its text as read back."""

    external_id: str
    external_url: str
    element: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a call may begin, and until when it must have ended; both as Unix time of this machine (seconds)."""

    begin_by: float
    end_by: float

    def remaining(self) -> float:
        """Return the seconds until the call must have ended; 0 when that time is over."""
        return max(0.0, self.end_by - time.time())


@dataclass(eq=False)
class NotBegun(CallsheetError):
    """The call was not made: its time had passed, or the last check failed. Certain: nothing was sent."""

    code: str = "not_begun"


OTHER_FORMAT = "other_format"


@dataclass(eq=False)
class CannotTell(CallsheetError):
    """The platform does not show whose it is: several rows fit, or one by its words alone (`OTHER_FORMAT`)."""

    code: str = "several_fit"


S_contra = TypeVar("S_contra", contravariant=True)


class Action(Protocol, Generic[S_contra]):
    """One capability over one transport; `S` is the transport's session (a browser page, an API client)."""

    async def prepare(self, session: S_contra, request: Request) -> Baseline:
        """Open the target, check who is signed in and that nothing is in the way, and type; change nothing outside.

        Raises:
            Transient, ActionRequired, AuthExpired, AccountBlocked, RateLimited, ContentRejected, UiChanged.
        """

    async def commit(self, session: S_contra, request: Request, baseline: Baseline, deadline: Deadline) -> Receipt:
        """Make the one irreversible call and read back its result.

        Raises:
            NotBegun: certain that nothing was sent.
            AccountBlocked, RateLimited, ContentRejected, ActionRequired, AuthExpired: it refused, nothing was made.
            OutcomeUnknown: it may have happened. Every other error counts as this one.
        """

    async def proof(self, session: S_contra, receipt: Receipt) -> bytes:
        """Return what proves the result: a PNG screenshot or, over an API, request and answer as JSON without secrets."""

    async def verify(self, session: S_contra, request: Request, baseline: Baseline, known: frozenset[str]) -> Receipt | None:
        """Look, on freshly loaded pages, for a row of ours with this text that is newer than the baseline.

        `known` are ids that belong to other effects of the account: they never count. Everything that the platform shows of
        the request is compared. None means that a complete read did not find it; a read that may be incomplete raises
        Transient instead.

        Raises:
            CannotTell: several rows fit, or what fits may be another's; a person decides.
            Transient, ActionRequired, AuthExpired, UiChanged.
        """
