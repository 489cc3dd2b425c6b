"""A client orders a trilogy: three videos that begin together or not at all, and follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, Field

from shared.accounts.ability import Abilities
from shared.credits.find import spending_account
from shared.credits.stories import PARTS, STORIES
from shared.db.desk import Desk
from shared.db.repositories import credit, tasks
from shared.db.session import began
from shared.identity.caller import Caller
from shared.task_types.video import SPEC, VideoPayload
from shared.tasks.draft import Drafting, draft
from shared.tasks.once import Once
from shared.tasks.order import TaskOrder

PLATFORM = "sora"


@dataclass(frozen=True, slots=True)
class TrilogyOrder:
    """Which story, by which account; `when_credits` is how many credits must be there before it begins (three do)."""

    story: str
    account: str
    when_credits: int = 0


class QueuedRun(BaseModel):
    """What was stored."""

    run_id: UUID
    task_ids: list[UUID] = Field(description="Setup, conflict, resolution.")


async def queue_trilogy(
    *,
    desk: Desk,
    caller: Caller,
    order: TrilogyOrder,
    abilities: Abilities,
    correlation_id: str,
    once: Once | None = None,
) -> QueuedRun:
    """Store the run and its parts in one transaction; a repeated request gets the answer of the first.

    Raises:
        NotFound: there is no such account.
        Invalid: the account's credits cannot be read.
        Conflict, Invalid: as `Once.kept`.
    """
    async with desk.change(caller.workspace_id) as connection:
        if once is not None and (kept := await once.kept(connection)) is not None:
            return QueuedRun.model_validate(kept)
        account = await spending_account(connection, PLATFORM, order.account)
        by = Drafting(caller, abilities, correlation_id, began(connection))
        rows, needed = await draft(connection, _parts(order), by)
        run = await credit.add_run(
            connection, workspace=caller.workspace_id, kind="trilogy", name=order.story,
            account=account.id, when_credits=order.when_credits,
        )  # fmt: skip
        answer = QueuedRun(run_id=run, task_ids=[row["id"] for row in rows])
        if once is not None:
            await once.keep(connection, answer.model_dump(mode="json"))
        await tasks.insert(connection, [row | {"run_id": run} for row in rows], needed)
    return answer


def _parts(order: TrilogyOrder) -> list[TaskOrder]:
    return [
        TaskOrder(
            SPEC,
            VideoPayload(prompt=STORIES[order.story][number]),
            platform=PLATFORM,
            account=order.account,
            dependencies=(number - 1,) if number else (),
            credits=1,
        )
        for number in range(len(PARTS))
    ]
