"""Who is asking?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from shared.errors import RequestRefused

Scope = Literal["read", "submit", "approve", "manage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that was recognised, and the workspace it belongs to."""

    key_id: UUID
    key_name: str
    workspace_id: UUID
    scopes: frozenset[str]


@dataclass(eq=False)
class NotSignedIn(RequestRefused):
    """The request has no credentials, or wrong ones."""

    code: str = "not_signed_in"


@dataclass(eq=False)
class NotAllowed(RequestRefused):
    """The credentials are good and do not reach this far."""

    code: str = "not_allowed"
