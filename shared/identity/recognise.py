"""Whose credentials are these? One statement for each request, so that a revocation holds at once."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import Keyring
from shared.db.session import single_statements
from shared.errors import Invalid, NotFound
from shared.identity.api_keys import SHAPE, hash_of
from shared.identity.caller import SCOPES_OF, Caller, NotSignedIn, Person, Visitor
from shared.identity.opaque import SHAPE as OPAQUE_SHAPE
from shared.identity.opaque import TICKET, known
from shared.identity.sessions.access_tokens import looks_like, read_access_token
from shared.identity.store import keys, sessions
from shared.identity.store.keys import ValidKey

HEADER = "X-Workspace"
_TICKET = re.compile(rf"{TICKET}_{OPAQUE_SHAPE}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def recognise(
    *,
    engine: AsyncEngine,
    token_keys: Callable[[], Awaitable[Keyring]],
    credential: str,
    workspace: str | None,
    now: float,
) -> Visitor:
    """Return whose credential this is: an API key or an access token; `workspace` is from the header `X-Workspace`.

    `now` is the Unix time. The keys of tokens are asked for only where they are needed.

    Raises:
        NotSignedIn: it is neither, or none that is valid now.
        NotFound: a workspace is named, and it is not theirs.
    """
    wanted = _workspace_in(workspace)
    if SHAPE.fullmatch(credential):
        return await _recognise_key(engine, hash_of(credential), wanted)
    if looks_like(credential):
        access = read_access_token(await token_keys(), credential, now=now)
        return await _recognise_session(engine, access.session_id, wanted, of=access.person_id)
    raise NotSignedIn(message="Send an API key or an access token as `Authorization: Bearer …`.")


async def recognise_ticket(*, engine: AsyncEngine, ticket: str) -> Visitor:
    """Return who asked for this ticket, in the workspace where they asked; it is used up.

    Raises:
        NotSignedIn: it was used, is too old, or never existed.
    """
    refused = NotSignedIn(message="This ticket was used, or is too old.")
    if not _TICKET.fullmatch(ticket):
        raise refused
    async with single_statements(engine).connect() as connection:
        row = await sessions.take_ticket(connection, known(ticket).hash)
        if row is None:
            raise refused
        found = await keys.find_by_id(connection, row.key_id) if row.key_id else None
    if found is not None:
        return _as_key(found, row.workspace_id)
    if row.session_id is None:
        raise refused
    return await _recognise_session(engine, row.session_id, row.workspace_id)


async def require_still(*, engine: AsyncEngine, visitor: Visitor) -> None:
    """Check again, for an open stream, that the key or the session is valid and may use its workspace.

    Raises:
        NotSignedIn, NotFound: it is not, or may not.
    """
    workspace = visitor.caller.workspace_id if visitor.caller else None
    if visitor.person is not None:
        await _recognise_session(engine, visitor.person.session_id, workspace)
    elif visitor.caller is not None:
        async with single_statements(engine).connect() as connection:
            if await keys.find_by_id(connection, visitor.caller.id) is None:
                raise NotSignedIn(message="This API key is no longer valid.")


async def _recognise_key(engine: AsyncEngine, hashed: bytes, wanted: UUID | None) -> Visitor:
    async with single_statements(engine).connect() as connection:
        row = await keys.find(connection, hashed)
    if row is None:
        raise NotSignedIn(message="This API key is not known, or no longer valid.")
    return _as_key(row, wanted)


def _as_key(row: ValidKey, wanted: UUID | None) -> Visitor:
    if wanted not in {None, row.workspace_id}:
        raise _unknown(wanted)
    caller = Caller(row.id, row.name, row.workspace_id, frozenset(row.scopes), author=row.author, behind=row.made_by)
    return Visitor(caller)


async def _recognise_session(engine: AsyncEngine, session: UUID, wanted: UUID | None, *, of: UUID | None = None) -> Visitor:
    """Return who is signed in by this session; `of` is whose it must be, where that is known."""
    async with single_statements(engine).connect() as connection:
        row = await sessions.find(connection, session, wanted)
    if row is None or of not in {None, row.person_id}:
        raise NotSignedIn(message="This sign-in has ended: sign in again.")
    person = Person(row.person_id, row.email, session, row.totp)
    if row.workspace_id is None or row.role is None:
        if wanted is not None:
            raise _unknown(wanted)
        return Visitor(None, person, Invalid(field=HEADER, message=_MANY if row.workspaces else _NONE))
    scopes = SCOPES_OF[row.role]
    caller = Caller(
        row.person_id,
        row.email,
        row.workspace_id,
        frozenset(scopes),
        kind="person",
        role=row.role,
        author="person",
        behind=row.person_id,
    )
    return Visitor(caller, person)


_MANY = f"You are a member of several workspaces: name one in the header {HEADER}; GET /api/workspaces lists them."
_NONE = "You are a member of no workspace: make one, or have yourself invited."


def _workspace_in(text: str | None) -> UUID | None:
    if text is None:
        return None
    if not _UUID.fullmatch(text):
        raise NotFound(field=HEADER, message=f"{HEADER} names no workspace: write its id.")
    return UUID(text)


def _unknown(workspace: UUID | None) -> NotFound:
    return NotFound(field=HEADER, message=f"There is no workspace {workspace}.")
