"""API keys of a workspace: listing, making and revoking them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.cursor import id_in
from shared.db import events
from shared.db.database import Database
from shared.engine.rules.approval import Author
from shared.errors import Conflict, NotFound
from shared.identity.api_keys import make_key
from shared.identity.caller import SCOPES, Caller, NotAllowed, Scope
from shared.identity.store import keys
from shared.identity.store.keys import KeyRow
from shared.ids import new_id
from shared.page import Page, View

MOST_KEYS = 200


class KeyView(View):
    """A key, without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="What its text begins with, after `csk_`.")
    scopes: list[Scope]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = Field(description="When it was last used, give or take a minute; null: never.")
    author: Author | None = Field(description="Whose words it brings; null: whatever each request says.")


class KeyMade(KeyView):
    """A new key with its text."""

    key: str = Field(description="The key, `csk_…`. Shown now and never again.")


class KeyPage(Page[KeyView]):
    """Valid keys, newest first."""


async def list_keys(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> KeyPage:
    """Return a page of the workspace's valid keys."""
    before = id_in(cursor) if cursor else None
    async with database.read(caller.workspace_id) as connection:
        rows = await keys.page(connection, caller.workspace_id, before=before, limit=limit + 1)
    items = [KeyView.of(row) for row in rows[:limit]]
    return KeyPage.of(items, len(rows))


async def create_key(
    *,
    database: Database,
    caller: Caller,
    name: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None,
    author: Author | None = None,
) -> KeyMade:
    """Make a key that may do at most what its maker may.

    Raises:
        NotAllowed: the key would have a scope that its maker has not, or outlive the key that makes it, or bring
            other words than that key.
        Conflict: it would have expired already, or the workspace has as many keys as it may have.
    """
    if beyond := [scope for scope in scopes if scope not in caller.scopes]:
        raise NotAllowed(field="scopes", message=f"You cannot give what you do not have: {', '.join(beyond)}.")
    if caller.kind == "key" and caller.author is not None and author not in {None, caller.author}:
        message = f"Your own key brings words of {caller.author!r}, and so does one that it makes."
        raise NotAllowed(field="author", message=message)
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise Conflict(code="expired", field="expires_at", message="This instant has passed.")
    made, key = make_key(), new_id()
    row = {
        "id": key,
        "workspace_id": caller.workspace_id,
        "name": name,
        "prefix": made.prefix,
        "hash": made.hash,
        "scopes": [scope for scope in SCOPES if scope in scopes],
        "expires_at": expires_at,
        "created_by": caller.name,
        "author": author or caller.author or "person",
        "made_by": caller.behind,
    }
    async with database.change(caller.workspace_id) as connection:
        await _require_outliving(connection, caller, expires_at)
        if await keys.count(connection, caller.workspace_id) >= MOST_KEYS:
            raise Conflict(code="too_many", message=f"A workspace has {MOST_KEYS} keys at most.")
        kept = await keys.add(connection, row)
        await events.append(connection, caller.workspace_id, "key.created", _said(kept, caller))
    return KeyMade(**KeyView.of(kept).model_dump(), key=made.text)


async def revoke_key(*, database: Database, caller: Caller, key: UUID) -> KeyView:
    """End a key; its next request is refused.

    Raises:
        NotFound: there is no such key.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await keys.revoke(connection, caller.workspace_id, key)
        if row is None:
            raise NotFound(field="key", message=f"There is no key {key}.")
        await events.append(connection, caller.workspace_id, "key.revoked", _said(row, caller))
    return KeyView.of(row)


async def _require_outliving(connection: AsyncConnection, caller: Caller, expires_at: datetime | None) -> None:
    """Check that a key makes no key that ends after itself."""
    ends = await keys.end_of(connection, caller.id) if caller.kind == "key" else None
    if ends is not None and (expires_at is None or expires_at > ends):
        message = f"Your own key ends at {ends.isoformat()}: one that it makes ends then at the latest."
        raise NotAllowed(field="expires_at", message=message)


def _said(row: KeyRow, caller: Caller) -> dict[str, Any]:
    return {"key": str(row.id), "name": row.name, "scopes": list(row.scopes), "by": caller.name}
