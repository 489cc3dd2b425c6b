"""Which pages of platforms have changed, so that a capability is paused or a locator drifts?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Row

from shared.accounts.lookup import page_changes
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.page import View

MOST = 500


class DriftingPlace(View):
    """A locator that still finds its element, but by another way: mend it before the page changes once more."""

    platform: str
    transport: str
    practice: bool = Field(description="On the practice site, and not on the real one.")
    locator: str = Field(description="Its name in the connector's `pages/selectors.toml`.")
    way: int = Field(description="Which way found it last; the first is the one that should.")
    ways: int = Field(description="How many ways there are.")
    times: int = Field(description="In how many attempts.")
    since: datetime
    last_seen_at: datetime


class EvidencePlace(BaseModel):
    """Where the evidence of the page lies: `page.jpg`, `page.html` and `page.json`."""

    host: str
    folder: str = Field(description="Below `$CALLSHEET_HOME` of that host.")
    kept_at: datetime


class PausedCapability(View):
    """A capability that is paused on a platform until somebody has looked at its page and resumed it."""

    platform: str
    capability: str
    reason: str
    since: datetime
    transport: str | None = Field(description="In which browser the page was seen; null where nothing of it was kept.")
    locator: str | None = Field(description="What was not found.")
    evidence: EvidencePlace | None


class PageChanges(BaseModel):
    """The workspace's changed pages, by platform; at most 500 of each kind."""

    paused: list[PausedCapability]
    drifting: list[DriftingPlace]


async def list_page_changes(*, database: Database, caller: Caller) -> PageChanges:
    """Return what is paused because a page has changed, and which elements another way than the first finds."""
    async with database.read(caller.workspace_id) as connection:
        paused = await page_changes.paused_capabilities(connection, caller.workspace_id, MOST)
        drifting = await page_changes.drifting_places(connection, MOST)
    return PageChanges(paused=[_paused(row) for row in paused], drifting=[_drifting(row) for row in drifting])


def _paused(row: Row[Any]) -> PausedCapability:
    place = None
    if row.attempt_id is not None:
        place = EvidencePlace(host=row.host, folder=f"evidence/{row.attempt_id}", kept_at=row.kept_at)
    return PausedCapability.of(row, evidence=place)


def _drifting(row: Row[Any]) -> DriftingPlace:
    return DriftingPlace.of(row, since=row.first_seen_at)
