"""A maker has certainly made nothing of a video: the next one in the order's list that can make it does, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.accounts.acting import ActingAccount
from shared.accounts.lane import lane_for
from shared.db import events
from shared.db.session import single_statements
from shared.engine.store import tasks
from shared.engine.store.limits import credits
from shared.engine.store.rows.task_rows import TaskRow
from shared.films import repository
from shared.films.repository import MakerAccount
from shared.task_types.video import SPEC, InsteadOf, VideoPayload, VideoResult
from shared.tasks.drafting.follow_up import add_follow_up

# The lengths (seconds) that each (platform, transport) makes; one that is not among them makes no videos.
Makers = Mapping[tuple[str, str], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Why:
    """Why the first maker made nothing."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Handed:
    """The state of the other maker's task: `result` once it is completed, `failed` once it has failed."""

    is_over: bool = False
    result: VideoResult | None = None
    failed: Why | None = None


async def find_handed(*, engine: AsyncEngine, video: UUID) -> Handed | None:
    """Return the state of the other maker's task; None where the video was not handed over."""
    async with single_statements(engine).connect() as connection:
        row = await repository.find_follow_up(connection, video, SPEC.type)
    return None if row is None else _state(row)


async def hand_over(
    *, engine: AsyncEngine, video: UUID, account: ActingAccount, payload: VideoPayload, makers: Makers, why: Why
) -> bool:
    """Have the next maker make it, with an event that says so; return False where none of the list can.

    The other maker's task names none after it: a video is handed over once.
    """
    async with engine.begin() as connection:
        row = await tasks.lock(connection, video)
        if await repository.find_follow_up(connection, video, SPEC.type) is not None:
            return True  # by an attempt that counted as lost
        other = await _next(connection, account, payload.makers, makers)
        if row is None or other is None:
            return False
        await credits.let_go(connection, video)
        platform, at, seconds = other
        instead_of = InsteadOf(task=video, platform=account.platform, code=why.code)
        own = {"makers": (), "instead_of": instead_of, "seconds": nearest(payload.seconds, seconds)}
        place = {"platform": platform, "account_id": at.id, "lane": lane_for(at.transport, platform, at.host)}
        made = await add_follow_up(connection, row, SPEC, payload.model_copy(update=own), **place)
        data = {"from": account.platform, "to": platform, "account": at.handle, "task": str(made["id"]), "code": why.code}
        await events.append(
            connection, row.workspace_id, "task.handed_over", {**data, "reason": why.message[:500]}, task=video
        )
    return True


def nearest(wanted: int, offered: Sequence[int]) -> int:
    """Return the longest length that is not longer than what was wanted, else the shortest there is (seconds)."""
    return max((one for one in offered if one <= wanted), default=min(offered))


async def _next(
    connection: AsyncConnection, account: ActingAccount, wanted: Sequence[str], makers: Makers
) -> tuple[str, MakerAccount, tuple[int, ...]] | None:
    for platform in wanted:
        at = await repository.account_at(connection, account.workspace_id, platform, account.handle)
        if at is not None and platform != account.platform and (seconds := makers.get((platform, at.transport))):
            return platform, at, seconds
    return None


def _state(row: TaskRow) -> Handed:
    match row.status:
        case "completed":
            said = row.payload["instead_of"]
            told = f"{said['platform']} made nothing of it: {said['code']}"
            return Handed(is_over=True, result=VideoResult.model_validate({**(row.result or {}), "handed_over": told}))
        case "failed" | "cancelled":
            error = row.error or {}
            why = Why(error.get("code", row.status), error.get("message", f"its task is {row.status}"))
            return Handed(is_over=True, failed=why)
        case _:
            return Handed()
