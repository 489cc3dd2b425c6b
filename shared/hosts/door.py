"""Which host is at the door? Known by the credential that it got when it joined."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.db.database import Database
from shared.engine.store import lanes
from shared.hosts import repository
from shared.identity.caller import NotSignedIn
from shared.identity.opaque import DOOR, known

UNKNOWN = "This credential is not known, or was revoked: let the host join again."


@dataclass(frozen=True, slots=True)
class HostCaller:
    """A host that has shown a valid credential."""

    workspace: UUID
    id: UUID
    name: str


async def recognise_host(*, database: Database, credential: str) -> HostCaller:
    """Return whose credential this is.

    Raises:
        NotSignedIn: nobody's.
    """
    async with database.personal(None) as connection:
        row = await repository.of_credential(connection, _hash(credential))
    if row is None:
        raise NotSignedIn(message=UNKNOWN)
    return HostCaller(row.workspace_id, row.host_id, row.name)


async def open_door(*, database: Database, credential: str) -> tuple[HostCaller, int]:
    """Return whose credential this is, and the number of its new connection: an earlier connection no longer counts.

    Raises:
        NotSignedIn: nobody's.
    """
    async with database.personal(None) as connection:
        row = await repository.open_door(connection, _hash(credential))
    if row is None:
        raise NotSignedIn(message=UNKNOWN)
    return HostCaller(row.workspace_id, row.host_id, row.name), int(row.connection)


async def note_seen(*, database: Database, host: HostCaller) -> None:
    """Record that a host is there."""
    async with database.read(host.workspace) as connection:
        await lanes.keeper_seen(connection, host.name)


def _hash(credential: str) -> bytes:
    if not credential.startswith(f"{DOOR}_"):
        raise NotSignedIn(message=UNKNOWN)
    return known(credential).hash
