"""Which lane does somebody mean who asks for what is on it?"""

from __future__ import annotations

from shared.accounts.ability import Abilities
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.tasks.drafting.lane import require_lane


async def find_lane(*, database: Database, caller: Caller, lane: str, abilities: Abilities) -> str:
    """Return the lane as it is called.

    Raises:
        NotFound: there is no such lane, or it is another workspace's; the message says which there are.
    """
    async with database.read(caller.workspace_id) as connection:
        return await require_lane(connection, lane, abilities, field="lane")
