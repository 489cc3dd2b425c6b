"""How does a connector read something that belongs to an account, and change nothing?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)
S_contra = TypeVar("S_contra", contravariant=True)


class Reader(Protocol[S_contra, T_co]):
    """One reading capability over one transport; `S` is the transport's session, `T` what is read."""

    async def read(self, session: S_contra) -> T_co:
        """Go there, check who is signed in, and read.

        Raises:
            Transient, ActionRequired, AuthExpired, AccountBlocked, RateLimited.
        """


@dataclass(frozen=True, slots=True)
class CreditsReading:
    """What a page says may be spent. Where it cannot be read, `known` is false, without amounts and with `evidence`.

    `refreshes_at` is when the page says that more come, None where it says nothing.
    """

    known: bool
    free: int | None = None
    paid: int | None = None
    refreshes_at: datetime | None = None
    evidence: dict[str, str] = field(default_factory=dict)
