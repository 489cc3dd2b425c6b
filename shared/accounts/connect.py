"""Connecting an account: with a secret from the platform, or as a browser account that is still to be signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.find import find_account
from shared.accounts.lane import lane_for
from shared.accounts.lookup.accounts import AccountRow
from shared.accounts.platform import PlatformFacts, Platforms, require_inbox
from shared.accounts.store import accounts, credentials
from shared.accounts.store.credentials import Stored
from shared.accounts.view import AccountView
from shared.crypto import Keyring
from shared.db.database import Database
from shared.engine.rules.policy import policy_for
from shared.engine.store import tasks
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller
from shared.identity.host_names import find_host
from shared.ids import new_id
from shared.personas.exists import persona_exists

MOST_ACCOUNTS = 2_000


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be connected. An API account has a `secret`, a browser account a `host`; never both.

    `inbox_every_s` None keeps a known account's value, and turns the reading off for a new one.
    """

    platform: str
    handle: str
    persona: UUID
    transport: str
    practice: bool = False
    host: str | None = None
    inbox_every_s: int | None = None
    secret: dict[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """An account in this transaction, with the events that are to be appended at its end."""

    account: UUID
    handle: str
    entries: tuple[dict[str, Any], ...] = ()


async def connect_account(
    *, database: Database, caller: Caller, keyring: Keyring, platforms: Platforms, wanted: NewAccount
) -> AccountView:
    """Connect an account, new or known; a known one keeps its id and history, and gets the new secret.

    A browser account waits until somebody has signed in on its host.

    Raises:
        NotFound: there is no such platform, persona or host.
        Conflict: the platform does not take such a sign-in, its rules forbid it, or the account is connected otherwise.
    """
    platform = _platform(platforms, wanted.platform)
    _require_way(platform, wanted)
    async with database.change(caller.workspace_id) as connection:
        placed = await place_account(connection, caller, platform, wanted)
        if wanted.secret is None:
            said = {"code": "sign_in_needed", "reason": f"nobody has signed in on host {wanted.host} yet"}
            await _set_state(connection, caller, placed, state="disconnected", **said)
        else:
            await keep(connection, caller, placed, platform.secret_kind, seal(keyring, caller, placed, wanted.secret))
    return await find_account(database=database, caller=caller, platform=wanted.platform, handle=placed.handle)


def seal(keyring: Keyring, caller: Caller, placed: Placed, secret: dict[str, str]) -> Stored:
    """Return a credential of this account, encrypted for it alone."""
    return Stored(keyring.seal(secret, owner=str(caller.workspace_id), account=str(placed.account)))


async def keep(connection: AsyncConnection, caller: Caller, placed: Placed, kind: str, stored: Stored) -> None:
    """Store a credential and let the account act; the last statements of their transaction."""
    await credentials.keep(connection, caller.workspace_id, placed.account, kind, stored)
    await _set_state(connection, caller, placed, state="connected", code=None, reason=None)


async def _set_state(connection: AsyncConnection, caller: Caller, placed: Placed, **values: Any) -> None:
    await accounts.set_state(connection, caller.workspace_id, placed.account, before=placed.entries, until=None, **values)


async def place_account(connection: AsyncConnection, caller: Caller, platform: PlatformFacts, wanted: NewAccount) -> Placed:
    """Return the account, which is made, disconnected, where it is missing.

    Raises:
        NotFound: there is no such persona or host.
        Conflict: there is such an account already, of another persona or over another transport, or there are too many;
            or that Safari has another account of the platform.
    """
    handle = wanted.handle.lstrip("@")
    if not await persona_exists(connection, wanted.persona, hold=True):
        raise NotFound(field="persona", message=f"There is no persona {wanted.persona}.")
    host = None if wanted.host is None else await find_host(connection, wanted.host)
    if wanted.host is not None and host is None:
        raise NotFound(field="host", message=f"There is no host {wanted.host!r}.")
    if host is not None and wanted.transport == "safari":
        await _require_alone(connection, host, wanted, handle)
    alike = await accounts.find_alike(connection, wanted.platform, handle)
    if alike is not None:
        _require_same(alike, wanted)
        changes = {"host_id": host, "inbox_every_s": wanted.inbox_every_s}
        if said := {name: value for name, value in changes.items() if value is not None}:
            await accounts.change(connection, alike.id, said)
        if wanted.host is not None and wanted.host != alike.host:
            lanes = [lane_for(wanted.transport, wanted.platform, one) for one in (alike.host, wanted.host)]
            await tasks.move_lane(connection, alike.id, *lanes)
        return Placed(alike.id, alike.handle)
    return await _make(connection, caller, platform, wanted, host)


async def _make(
    connection: AsyncConnection, caller: Caller, platform: PlatformFacts, wanted: NewAccount, host: UUID | None
) -> Placed:
    if await accounts.count(connection) >= MOST_ACCOUNTS:
        raise Conflict(code="too_many", message=f"A workspace has {MOST_ACCOUNTS} accounts at most.")
    account, handle = new_id(), wanted.handle.lstrip("@")
    row = {
        "id": account,
        "workspace_id": caller.workspace_id,
        "persona_id": wanted.persona,
        "platform": wanted.platform,
        "handle": handle,
        "transport": wanted.transport,
        "host_id": host,
        "origin": platform.practice_origin if wanted.practice else platform.origin,
        "practice": wanted.practice,
        "state": "disconnected",
        "inbox_every_s": wanted.inbox_every_s,
    }
    await accounts.add(connection, row)
    data = {"platform": wanted.platform, "account": handle, "persona": str(wanted.persona), "by": caller.name}
    return Placed(account, handle, ({"task_id": None, "type": "account.created", "data": data},))


async def _require_alone(connection: AsyncConnection, host: UUID, wanted: NewAccount, handle: str) -> None:
    """Check that no other account of the platform uses this Safari, whose one profile holds one sign-in of each."""
    there = (wanted.platform, handle)
    if other := await accounts.signed_in_there(connection, host, *there, practice=wanted.practice):
        message = (
            f"{wanted.platform}/{other} is signed in in the Safari of {wanted.host}: it holds one account of a platform."
        )
        raise Conflict(code="host_taken", field="host", message=message)


def _require_same(account: AccountRow, wanted: NewAccount) -> None:
    named = f"{account.platform}/{account.handle}"
    if account.persona_id != wanted.persona:
        message = f"{named} belongs to {account.persona}: move it first."
        raise Conflict(code="another_persona", field="persona", message=message)
    if account.transport != wanted.transport or account.practice != wanted.practice:
        message = f"{named} is there already, over {account.transport}{' for practice' if account.practice else ''}."
        raise Conflict(code="account_exists", field="handle", message=message)
    if account.transport != "api" and account.state != "disconnected":
        raise Conflict(code="account_exists", field="handle", message=f"{named} is there already, and {account.state}.")


def _platform(platforms: Platforms, name: str) -> PlatformFacts:
    if name not in platforms:
        raise NotFound(field="platform", message=f"There is no connector for {name!r}.")
    return platforms[name]


def _require_way(platform: PlatformFacts, wanted: NewAccount) -> None:
    if wanted.inbox_every_s is not None:
        require_inbox(platform, wanted.transport)
    rule = policy_for(wanted.platform, wanted.transport, practice=wanted.practice)
    if rule.word in {"forbidden", "unsupported"}:
        raise Conflict(code=rule.word, field="transport", message=f"{rule.rule} ({rule.source})")
    if wanted.transport != "api":
        if wanted.transport not in platform.browser:
            message = f"{platform.name} is not driven over {wanted.transport}."
            raise Conflict(code="unsupported", field="transport", message=message)
        return
    if not platform.secret_fields:
        how = f"begin with POST /api/accounts/{wanted.platform}/connect" if platform.oauth else "use a browser"
        message = f"{platform.name} gives people no secret that they could copy: {how}."
        raise Conflict(code="unsupported", field="secret", message=message)
    if wanted.secret is None or set(wanted.secret) != set(platform.secret_fields):
        message = f"{platform.name} needs exactly {', '.join(platform.secret_fields)}."
        raise Conflict(code="wrong_secret", field="secret", message=message)
