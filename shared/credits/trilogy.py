"""A client orders a trilogy: three videos that start together or not at all, and follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities, Way
from shared.accounts.lookup import accounts
from shared.credits.find import spending_account
from shared.credits.stories import PARTS, STORIES
from shared.db.database import Database
from shared.db.session import began
from shared.engine.store import tasks
from shared.engine.store.limits import credits
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.task_types.video import SPEC, VideoPayload
from shared.tasks.drafting.draft import Drafting, draft
from shared.tasks.drafting.order import TaskOrder
from shared.tasks.idempotency import Idempotency

PLATFORM = "sora"


@dataclass(frozen=True, slots=True)
class TrilogyOrder:
    """The story, the account, and `when_credits`: how many credits must be there before it begins (by default three).

    `makers` are platforms: the first one makes it; where it certainly makes nothing of a part, the next one that can does.
    """

    story: str
    account: str
    when_credits: int = 0
    makers: tuple[str, ...] = (PLATFORM,)


class QueuedRun(BaseModel):
    """The run and the tasks that were stored."""

    run_id: UUID
    task_ids: list[UUID] = Field(description="Setup, conflict, resolution.")


async def queue_trilogy(
    *,
    database: Database,
    caller: Caller,
    order: TrilogyOrder,
    abilities: Abilities,
    correlation_id: str,
    idempotency: Idempotency | None = None,
) -> QueuedRun:
    """Store the run and its parts in one transaction; a repeated request gets the answer of the first.

    Raises:
        NotFound: there is no such account, or none at a maker that is named.
        Invalid: the account's platform makes no videos.
        Conflict, Invalid: as `Idempotency.kept`.
    """
    async with database.change(caller.workspace_id) as connection:
        if idempotency is not None and (kept := await idempotency.kept(connection)) is not None:
            return QueuedRun.model_validate(kept)
        account = await spending_account(connection, order.makers[0], order.account)
        for maker in order.makers:
            await _require_maker(connection, maker, abilities)
        by = Drafting(caller, abilities, correlation_id, began(connection))
        ability = abilities.get(Way(account.platform, "credits", account.transport))
        each = 0 if ability is None or ability.unsupported else 1
        rows, needed = await draft(connection, _parts(order, each), by)
        run = await credits.add_run(
            connection, workspace=caller.workspace_id, kind="trilogy", name=order.story,
            account=account.id, when_credits=order.when_credits,
        )  # fmt: skip
        answer = QueuedRun(run_id=run, task_ids=[row["id"] for row in rows])
        if idempotency is not None:
            await idempotency.keep(connection, answer.model_dump(mode="json"))
        await tasks.insert(connection, [row | {"run_id": run} for row in rows], needed)
    return answer


async def _require_maker(connection: AsyncConnection, maker: str, abilities: Abilities) -> None:
    """Refuse a maker that could not take over a part.

    Raises:
        NotFound: there is no account there, or it makes no videos.
    """
    account = await accounts.first_of(connection, maker)
    ability = abilities.get(Way(maker, SPEC.capability, account.transport)) if account is not None else None
    if ability is None or ability.unsupported:
        raise NotFound(field="makers", message=f"There is no account on {maker!r} that makes videos.")


def _parts(order: TrilogyOrder, each: int) -> list[TaskOrder]:
    """Return the orders of its parts; `each` is how many credits one takes."""
    return [
        TaskOrder(
            SPEC,
            VideoPayload(prompt=STORIES[order.story][number], makers=order.makers[1:]),
            platform=order.makers[0],
            account=order.account,
            dependencies=(number - 1,) if number else (),
            credits=each,
        )
        for number in range(len(PARTS))
    ]
