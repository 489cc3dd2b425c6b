"""By which names are lists narrowed down? By those of what there is: a list of what does not exist is not an empty one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import StringConstraints

from api.deps import TheAbilities, TheDatabase
from api.guard import Manager, Reader
from api.schemas.names import Handle
from api.schemas.tasks import Id, LaneFilter
from shared.accounts.find import find_handle
from shared.audit.find_names import find_action, find_actor
from shared.tasks.drafting.find_lane import find_lane
from shared.tasks.find import require_task

_Name = Annotated[str, StringConstraints(pattern=r"^[^\x00]{1,200}$")]
_Actor = Annotated[_Name | None, Query(description="A name, as `actor` says it.")]
_Action = Annotated[_Name | None, Query(description="`webhooks.deleted`, or `webhooks` for all that happened to them.")]
_Parent = Annotated[Id | None, Query(description="Only those that this task has made.")]
_Account = Annotated[Handle | None, Query(description="The handle of one of our accounts.")]


async def _account(caller: Reader, database: TheDatabase, account: _Account = None) -> str | None:
    return None if account is None else await find_handle(database=database, caller=caller, handle=account)


async def _lane(
    caller: Reader, database: TheDatabase, abilities: TheAbilities, lane: Annotated[LaneFilter | None, Query()] = None
) -> str | None:
    return None if lane is None else await find_lane(database=database, caller=caller, lane=lane, abilities=abilities)


async def _parent(caller: Reader, database: TheDatabase, parent_id: _Parent = None) -> UUID | None:
    return (
        None
        if parent_id is None
        else await require_task(database=database, caller=caller, task_id=parent_id, field="parent_id")
    )


async def _actor(caller: Manager, database: TheDatabase, actor: _Actor = None) -> str | None:
    return None if actor is None else await find_actor(database=database, caller=caller, actor=actor)


async def _action(caller: Manager, database: TheDatabase, action: _Action = None) -> str | None:
    return None if action is None else await find_action(database=database, caller=caller, action=action)


ActorFilter = Annotated[str | None, Depends(_actor)]
ActionFilter = Annotated[str | None, Depends(_action)]
ParentFilter = Annotated[UUID | None, Depends(_parent)]
AccountFilter = Annotated[str | None, Depends(_account)]
LaneNamed = Annotated[str | None, Depends(_lane)]
