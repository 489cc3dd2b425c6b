"""As which account does an attempt act?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ActingAccount:
    """The account of an attempt."""

    id: UUID
    workspace_id: UUID
    platform: str
    handle: str
