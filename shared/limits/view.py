"""Showing a scope's limits."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.db.session import began
from shared.engine.rules.budgets import describe_use, opens_itself_at, spaced_until, uses
from shared.engine.rules.limits import ANY, Limits
from shared.engine.store.limits import budgets
from shared.identity.caller import Caller
from shared.limits import repository
from shared.limits.scope import LimitScope, limit_scope
from shared.names import Names


class RuleView(BaseModel):
    """One rule with its use. `next_free_at` is null while there is room, and where none comes by itself (a `max` of 0)."""

    action: str
    window_s: int
    max: int
    used: int
    next_free_at: datetime | None
    reason: str = Field(description="Why there is no room; empty while there is.")


class SpacingView(BaseModel):
    """One pause between actions. `next_free_at` is null while none is running."""

    action: str
    min_s: float
    max_s: float
    next_free_at: datetime | None


class QuietView(BaseModel):
    """The hours in which nothing outward begins; a zone of null is the persona's."""

    model_config = ConfigDict(populate_by_name=True)

    start: str = Field(alias="from")
    to: str
    zone: str | None


class LimitsView(BaseModel):
    """The limits of a scope, set ones or the defaults."""

    scope: str
    is_default: bool
    rules: list[RuleView]
    spacing_s: tuple[float, float] | None = Field(description="The pause between any two actions, where there is one.")
    spacing: list[SpacingView]
    quiet: QuietView | None


async def show_limits(*, database: Database, caller: Caller, scope: str, platforms: Names) -> LimitsView:
    """Return a scope's limits with their use, counted from the ledger.

    Raises:
        NotFound: there is no such scope.
    """
    async with database.read(caller.workspace_id) as connection:
        found = await limit_scope(connection, scope, platforms)
        return await view_limits(connection, caller, scope, found)


async def view_limits(connection: AsyncConnection, caller: Caller, named: str, scope: LimitScope) -> LimitsView:
    """Return the limits of a scope that was found, with their use now."""
    own = await repository.find(connection, scope.key)
    held = scope.default if own is None else own
    used, now = await budgets.of_scope(connection, caller.workspace_id, scope.key, held), began(connection)
    wide = next((one for one in held.spacing if one.action == ANY), None)
    quiet = held.quiet
    return LimitsView(
        scope=named,
        is_default=own is None,
        rules=[
            RuleView(
                action=use.rule.action,
                window_s=use.rule.window_s,
                max=use.rule.max,
                used=use.used,
                next_free_at=opens_itself_at(use.free_at),
                reason="" if use.free_at is None else describe_use(use),
            )
            for use in uses(held, used, now)
        ],
        spacing_s=wide and (wide.min_s, wide.max_s),
        spacing=[
            SpacingView(
                action=one.action,
                min_s=one.min_s,
                max_s=one.max_s,
                next_free_at=spaced_until(Limits(spacing=(one,)), used, one.action, now),
            )
            for one in held.spacing
        ],
        quiet=quiet
        and QuietView.model_validate(
            {"from": f"{quiet.start:%H:%M}", "to": f"{quiet.end:%H:%M}", "zone": quiet.zone or None}
        ),
    )
