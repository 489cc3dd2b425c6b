"""Who is calling, and what may they do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from shared.engine.rules.approval import Author
from shared.errors import RequestRefused

Scope = Literal["read", "submit", "approve", "manage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
Role = Literal["viewer", "editor", "approver", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)

# Each role may do what those before it may, and one thing more.
SCOPES_OF: dict[Role, frozenset[Scope]] = {role: frozenset(SCOPES[: place + 1]) for place, role in enumerate(ROLES)}


@dataclass(frozen=True, slots=True)
class Caller:
    """A recognised key or person, and the workspace they act in. `name`: the key's, or the person's e-mail.

    `author` is who writes the texts that they submit; None, for a key that does not say so: as each request says. `behind`
    is the person who made the key, or the person themselves.
    """

    id: UUID
    name: str
    workspace_id: UUID
    scopes: frozenset[str]
    kind: Literal["key", "person"] = "key"
    role: Role | None = None
    author: Author | None = None
    behind: UUID | None = None

    @property
    def answers(self) -> UUID:
        """The id that answers for what the caller does: that of the person behind it, or of the key where there is none."""
        return self.behind or self.id


def require_held(caller: Caller, role: Role) -> None:
    """Check that the caller may do all that a role may do, before they give it to somebody.

    Raises:
        NotAllowed: the role may do more.
    """
    if beyond := [scope for scope in SCOPES if scope in SCOPES_OF[role] and scope not in caller.scopes]:
        message = f"You cannot give what you do not have: the role {role!r} has {', '.join(beyond)}."
        raise NotAllowed(field="role", message=message)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who is signed in, wherever they are a member."""

    id: UUID
    email: str
    session_id: UUID
    totp: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """A key or a person with valid credentials; `caller` is None where no workspace is named.

    `missing` tells a person why there is none.
    """

    caller: Caller | None
    person: Person | None = None
    missing: RequestRefused | None = None


@dataclass(eq=False)
class NotSignedIn(RequestRefused):
    """The request has no credentials, or wrong ones."""

    code: str = "not_signed_in"


@dataclass(eq=False)
class NotAllowed(RequestRefused):
    """The credentials are valid and do not suffice for this."""

    code: str = "not_allowed"


@dataclass(eq=False)
class TooManyTries(RequestRefused):
    """It was tried too often; `retry_after_s` says when it may be tried again."""

    code: str = "too_many_tries"
    retry_after_s: int = 1
