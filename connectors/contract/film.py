"""How does a connector report the progress of a film, and fetch the file once it is made?

Ordering a film is an `Action`; this is what follows: it changes nothing outside and may be repeated.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from connectors.contract.action import Receipt

S_contra = TypeVar("S_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Stage:
    """A film's progress, as its maker reports it. `percent` is None where it reports none.

    `code` and `message` say why one failed: the maker made nothing, and its word on that is final. One that is `held` waits
    at its maker for other films to be made: that uses up nobody's patience.
    """

    state: Literal["queued", "processing", "ready", "failed"]
    percent: int | None = None
    code: str = ""
    message: str = ""
    held: bool = False


class Film(Protocol[S_contra]):
    """The steps after the order of a film over one transport; `S` is the transport's session."""

    async def check(self, session: S_contra, made: Receipt) -> Stage:
        """Ask once how far the film is.

        Raises:
            Transient, ActionRequired, AuthExpired, RateLimited, UiChanged.
            ContentRejected: the maker does not know this film (any more).
        """

    def pieces(self, session: S_contra, made: Receipt, most: int) -> AsyncIterator[bytes]:
        """Return the file of a film that was `ready` at the last check of this session, piece by piece, `most` bytes in all.

        Raises:
            Transient: it did not come, or not to its end.
            ContentRejected: it is larger.
        """
