"""What does a client see of a host?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row


class HostView(BaseModel):
    """A machine with browsers. `state` is about credentials of its own; the machine that serves everything needs none."""

    id: UUID
    name: str
    state: Literal["not_joined", "joined", "revoked", "gone"]
    created_at: datetime
    joined_at: datetime | None
    revoked_at: datetime | None
    gone_at: datetime | None = Field(description="When somebody said that it is gone for good.")
    keeper_seen_at: datetime | None = Field(description="When its keeper was last heard of.")


class HostPage(BaseModel):
    """Hosts, newest first."""

    items: list[HostView]
    next_cursor: str | None


class HostOffered(HostView):
    """A host with the token that joins it."""

    token: str = Field(description="For `callsheet host join` on the host, once. Shown now and never again.")
    expires_at: datetime


def view_host(row: Row[Any]) -> HostView:
    """A host as a client sees it."""
    state = "revoked" if row.revoked_at else "joined" if row.joined_at else "not_joined"
    state = "gone" if row.gone_at else state
    return HostView(
        id=row.id, name=row.name, state=state, created_at=row.created_at,
        joined_at=row.joined_at, revoked_at=row.revoked_at, gone_at=row.gone_at, keeper_seen_at=row.keeper_seen_at,
    )  # fmt: skip
