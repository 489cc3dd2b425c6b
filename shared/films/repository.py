"""Which task follows a video, how often has it looked, and who else could make the video?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Account, Effect, Host, Task, TaskDependency
from shared.db.rows import columns_of, row_or_none
from shared.engine.store.rows.task_rows import TaskRow


@dataclass(frozen=True, slots=True)
class MakerAccount:
    """An account that could make a video, and the host of its browser."""

    id: UUID
    handle: str
    transport: str
    host: str | None


async def find_follow_up(connection: AsyncConnection, video: UUID, kind: str) -> TaskRow | None:
    """Return the task of this type that follows a video."""
    query = select(*columns_of(Task, TaskRow)).join(TaskDependency, TaskDependency.depends_on_id == Task.id)
    mine = query.where(TaskDependency.task_id == video, TaskDependency.until == "finished", Task.type == kind)
    if kind == "video":
        mine = mine.where(Task.payload["instead_of"]["task"].astext == str(video))
    return row_or_none(TaskRow, await connection.execute(mine.order_by(Task.id).limit(1)))


async def was_absent(connection: AsyncConnection, video: UUID) -> bool:
    """Return whether an order was looked up and proved never to have arrived, and no other has been made since."""
    mine = Effect.task_id == video
    absent = exists().where(mine, Effect.outcome == "absent", Effect.absent_reads > 0)
    other = exists().where(mine, Effect.outcome.in_(("intended", "unknown", "confirmed")))
    return bool((await connection.execute(select(absent & ~other))).scalar_one())


async def account_at(connection: AsyncConnection, workspace: UUID, platform: str, handle: str) -> MakerAccount | None:
    """Return the workspace's account at a platform: the one of this handle, else the one connected first."""
    query = (
        select(Account.id, Account.handle, Account.transport, Host.name.label("host"))
        .outerjoin(Host, Host.id == Account.host_id)
        .where(Account.workspace_id == workspace, Account.platform == platform)
        .order_by(Account.handle != handle, Account.id)
        .limit(1)
    )
    return row_or_none(MakerAccount, await connection.execute(query))
