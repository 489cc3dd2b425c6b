"""What does a client see of a host?"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.hosts.repository import HostRow
from shared.page import Page, View


class HostView(View):
    """A machine with browsers. `state` is about credentials of its own; the machine that serves everything needs none."""

    id: UUID
    name: str
    state: Literal["not_joined", "joined", "revoked", "gone"]
    created_at: datetime
    joined_at: datetime | None
    revoked_at: datetime | None
    gone_at: datetime | None = Field(description="When somebody said that it is gone for good.")
    keeper_seen_at: datetime | None = Field(description="When its keeper was last heard of.")


class HostPage(Page[HostView]):
    """Hosts, newest first."""


class HostOffered(HostView):
    """A host with the token that joins it."""

    token: str = Field(description="For `callsheet host join` on the host, once. Shown now and never again.")
    expires_at: datetime


def view_host(row: HostRow) -> HostView:
    """Return a host as a client sees it."""
    state = "revoked" if row.revoked_at else "joined" if row.joined_at else "not_joined"
    state = "gone" if row.gone_at else state
    return HostView.of(row, state=state)
