"""How does a connector read something that belongs to an account, and change nothing?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)
Q_contra = TypeVar("Q_contra", contravariant=True)
S_contra = TypeVar("S_contra", contravariant=True)


class Reader(Protocol[S_contra, T_co]):
    """One reading capability over one transport; `S` is the transport's session, `T` what is read."""

    async def read(self, session: S_contra) -> T_co:
        """Open the page, check who is signed in, and read.

        Raises:
            Transient, ActionRequired, AuthExpired, AccountBlocked, RateLimited.
        """


class Asking(Protocol[S_contra, Q_contra, T_co]):
    """A reading capability that needs a question; `Q` is what is asked."""

    async def ask(self, session: S_contra, question: Q_contra) -> T_co:
        """Open the page, check who is signed in, and read; bounded by count, size and time.

        Raises:
            Transient, ActionRequired, AuthExpired, AccountBlocked, RateLimited, ContentRejected, UiChanged.
        """


@dataclass(frozen=True, slots=True)
class Search:
    """A search for posts with these words or this `#hashtag`, and for how many at most."""

    query: str
    limit: int


@dataclass(frozen=True, slots=True)
class PostReading:
    """A post as its page shows it. A number that is not shown or cannot be read is None, never 0.

    `language` is a BCP 47 tag where the page says it. `own_comment` is None where comments were not looked at.
    """

    url: str
    author: str
    text: str
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    views: int | None = None
    language: str | None = None
    at: datetime | None = None
    own_comment: bool | None = None


@dataclass(frozen=True, slots=True)
class PostsReading:
    """The posts that a search found, in the page's order, each once. `complete` is false where a limit ended it early."""

    items: tuple[PostReading, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Since:
    """The known part of an inbox: ids of the newest messages, comments and mentions by others."""

    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message, comment or mention that somebody sent to the account. `external_id` is the same in every reading."""

    kind: Literal["message", "comment", "mention"]
    external_id: str
    author: str
    text: str
    url: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InboxReading:
    """The news of an inbox. `complete` is false where a limit was reached before anything known.

    `not_read` names the places of it that are never looked into.
    """

    items: tuple[Arrival, ...]
    complete: bool
    not_read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditsReading:
    """The credits that a page shows. Where it cannot be read, `known` is false, without amounts and with `evidence`.

    `refreshes_at` is when the page says that more come, None where it says nothing.
    """

    known: bool
    free: int | None = None
    paid: int | None = None
    refreshes_at: datetime | None = None
    evidence: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealthReading:
    """The result of a check of an account, which wrote nothing.

    `found` and `missing` are names of locators: those that were seen, and those that a page should have and has not.
    `not_seen` stand on pages that a check does not open. Of the places that a page should have, `as_usual` were found by
    their first way and `otherwise` by another one. `code` names what is wrong with the sign-in itself, "" nothing.
    """

    signed_in_as: str = ""
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_seen: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    as_usual: tuple[str, ...] = ()
    code: str = ""
    message: str = ""
