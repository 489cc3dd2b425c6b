"""By which names are lists narrowed down? By those of what there is: a list of what does not exist is not an empty one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from api.deps import TheAbilities, TheDatabase
from api.guard import Reader
from api.schemas.names import Handle
from api.schemas.tasks import LaneFilter
from shared.accounts.find import find_handle
from shared.tasks.drafting.find_lane import find_lane

_Account = Annotated[Handle | None, Query(description="The handle of one of our accounts.")]


async def _account(caller: Reader, database: TheDatabase, account: _Account = None) -> str | None:
    return None if account is None else await find_handle(database=database, caller=caller, handle=account)


async def _lane(
    caller: Reader, database: TheDatabase, abilities: TheAbilities, lane: Annotated[LaneFilter | None, Query()] = None
) -> str | None:
    return None if lane is None else await find_lane(database=database, caller=caller, lane=lane, abilities=abilities)


AccountFilter = Annotated[str | None, Depends(_account)]
LaneNamed = Annotated[str | None, Depends(_lane)]
