"""How does a host get its credential for the door? By its token, once."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from shared.db import events
from shared.db.database import Database
from shared.hosts import repository
from shared.hosts.relay import Relay
from shared.identity.caller import NotSignedIn
from shared.identity.opaque import DOOR, known, make_opaque
from shared.identity.sign_in.throttle import Throttle


class HostJoined(BaseModel):
    """A joined host's name and credential, shown once."""

    host: str
    workspace: UUID
    credential: str = Field(description="What the host shows at the door; kept nowhere else.")


async def join_host(*, database: Database, throttle: Throttle, relay: Relay, token: str, address: str) -> HostJoined:
    """Use a token up, and return the host's credential; an earlier one ends.

    Raises:
        TooManyTries: from this address.
        NotSignedIn: there is no such token, or it was used or replaced, or is older than 15 minutes.
    """
    await throttle.count("host", address=address)
    credential = make_opaque(DOOR)
    async with database.personal(None) as connection:
        row = await repository.take_token(connection, known(token).hash)
        if row is None:
            raise NotSignedIn(field="token", message="This token is not known, was used or replaced, or is too old.")
        await repository.keep_credential(connection, row.workspace_id, row.host_id, credential.hash)
        await repository.say_back(connection, row.host_id)
        await events.append(connection, row.workspace_id, "host.joined", {"host": row.name})
    await relay.shut(row.host_id)
    return HostJoined(host=row.name, workspace=row.workspace_id, credential=credential.text)
