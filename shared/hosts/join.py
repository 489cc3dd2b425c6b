"""How does a host come to credentials of its own? By its token, once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from shared.db.desk import Desk
from shared.db.repositories import events, hosts
from shared.hosts.wire import HostWire, hash_of
from shared.identity.caller import NotSignedIn
from shared.identity.opaque import DOOR, known, make_opaque
from shared.identity.throttle import Throttle


class HostJoined(BaseModel):
    """What a host needs to work, shown once."""

    host: str
    workspace: UUID
    credential: str = Field(description="What the host shows at the door; kept nowhere else.")
    database_url: str = Field(description="PostgreSQL as this host; its password is nowhere else.")
    redis_url: str = Field(description="Redis as this host; its password is nowhere else.")


@dataclass(frozen=True, slots=True)
class Servers:
    """Where hosts reach the servers: addresses whose name and password, if any, are replaced by the host's own."""

    database_url: str
    redis_url: str


async def join_host(
    *, desk: Desk, throttle: Throttle, wire: HostWire, servers: Servers, token: str, address: str
) -> HostJoined:
    """Make a role for the host at PostgreSQL and Redis; what it had before ends.

    Raises:
        TooManyTries: from this address.
        NotSignedIn: there is no such token, or it was used or replaced, or is older than 15 minutes.
    """
    await throttle.count("host", address=address)
    role = f"callsheet_host_{uuid4().hex}"
    credential = make_opaque(DOOR)
    password, redis_password = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    async with desk.personal(None) as connection:
        row = await hosts.take_token(connection, known(token).hash)
        if row is None:
            raise NotSignedIn(field="token", message="This token is not known, was used or replaced, or is too old.")
        redis_hash = hash_of(redis_password)
        before = await hosts.revoke(connection, row.host_id)
        await hosts.say_back(connection, row.host_id)
        await hosts.keep_credential(connection, row.workspace_id, row.host_id, credential.hash)
        await hosts.admit(connection, row.host_id, role=role, password=password, redis_hash=redis_hash)
        await events.append(connection, row.workspace_id, "host.joined", {"host": row.name})
    async with desk.change(row.workspace_id) as connection:
        await hosts.end_sessions(connection, row.host_id)
    await wire.follow(admit=[(role, redis_hash, row.name)], revoke=before)
    return HostJoined(
        host=row.name,
        workspace=row.workspace_id,
        credential=credential.text,
        database_url=_as(servers.database_url, role, password),
        redis_url=_as(servers.redis_url, role, redis_password),
    )


def _as(url: str, name: str, password: str) -> str:
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    return urlunsplit(parts._replace(scheme=scheme, netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"))
