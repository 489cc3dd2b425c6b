"""What was really done?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.cursor import id_in
from shared.db.database import Database
from shared.engine.store import effects
from shared.engine.store.rows.effect_rows import ListedEffect
from shared.identity.caller import Caller
from shared.page import Page, View
from shared.status import Outcome


class EffectView(View):
    """One outward action."""

    id: UUID
    task_id: UUID
    platform: str
    account: str
    action: str
    target: str
    text: str
    content: dict[str, Any] | None = Field(description="What it says besides its text, such as a film's seconds and aspect.")
    external_id: str | None
    external_url: str | None
    proof_url: str | None
    outcome: Outcome
    at: datetime = Field(description="When it was intended, immediately before the call.")
    settled_at: datetime | None


class EffectPage(Page[EffectView]):
    """Effects, newest first."""


@dataclass(frozen=True, slots=True)
class EffectFilter:
    """Which effects a list shows: from `since` up to before `until`; None means any."""

    account: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_effects(
    *, database: Database, caller: Caller, wanted: EffectFilter, cursor: str | None, limit: int
) -> EffectPage:
    """Return a page of the workspace's effects."""
    async with database.read(caller.workspace_id) as connection:
        rows = await effects.page(
            connection,
            account=wanted.account,
            outcome=wanted.outcome,
            since=wanted.since,
            until=wanted.until,
            before=id_in(cursor) if cursor else None,
            limit=limit + 1,
        )
    items = [_show(row) for row in rows[:limit]]
    return EffectPage.of(items, len(rows))


def _show(row: ListedEffect) -> EffectView:
    proof = f"/api/proofs/{row.proof_id}" if row.proof_id else None
    return EffectView.of(row, at=row.intended_at, proof_url=proof)
