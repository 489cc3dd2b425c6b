"""How does an installation get its first owner? By a token in the gateway's log and in its home."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import structlog
from pydantic import BaseModel

from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import NotSignedIn
from shared.identity.email import new_email
from shared.identity.opaque import SETUP, Opaque, known, make_opaque
from shared.identity.sign_in.log_in import LoginContext
from shared.identity.sign_in.passwords import require_strong
from shared.identity.store import invitations, people
from shared.ids import new_id
from shared.private_file import write_private

log = structlog.get_logger()

FILE = "setup-token"


class FirstOwner(BaseModel):
    """The first owner and their workspace."""

    person_id: UUID
    email: str
    workspace_id: UUID
    workspace: str


async def offer_setup(*, database: Database, home: Path) -> None:
    """Write a set-up token to the log and to the home (mode 600) while there is no owner; else remove it there."""
    path = home / FILE
    kept = known(path.read_text().strip()) if path.is_file() else make_opaque(SETUP)
    fresh = make_opaque(SETUP)
    async with database.personal(None) as connection:
        verdict = await people.offer_setup(connection, fresh.hash, kept.hash)
    if verdict == "owned":
        path.unlink(missing_ok=True)
        return
    if verdict == "fresh":
        _write(path, fresh)
    # The one secret that is meant to be read in a log: it opens an installation without an owner, once.
    log.warning("setup.open", use=(kept if verdict == "kept" else fresh).text, address="POST /api/setup")


async def set_up(
    *,
    database: Database,
    login: LoginContext,
    home: Path,
    token: str,
    email: str,
    password: str,
    workspace: str,
    address: str,
) -> FirstOwner:
    """Make the first owner and their workspace, once, also where two try at the same time.

    A workspace of that name without members, made for its API key, becomes theirs.

    Raises:
        TooManyTries: from this address.
        NotSignedIn: the token was not offered, or is used.
        Conflict: there is an owner, the password is weak, or the e-mail address is invalid.
        Busy: too many passwords wait to be checked.
    """
    await login.throttle.count("setup", address=address)
    shown = known(token)
    async with database.personal(None) as connection:
        if await people.has_owner(connection):
            raise Conflict(code="already_set_up", message="There is an owner already; have yourself invited.")
        if not await people.knows_setup(connection, shown.hash):
            raise NotSignedIn(field="token", message="This is not the set-up token: the gateway's log has it.")
    named = new_email(email)
    require_strong(password, email=named)
    made = await _make(database, shown, named, await login.passwords.hash(password), workspace)
    (home / FILE).unlink(missing_ok=True)
    log.info("setup.done", person=str(made.person_id), workspace=str(made.workspace_id))
    return made


async def _make(database: Database, token: Opaque, email: str, hashed: str, name: str) -> FirstOwner:
    person = new_id()
    async with database.personal(person) as connection:
        if not await people.take_setup(connection, token.hash):
            raise Conflict(code="already_set_up", message="There is an owner already; have yourself invited.")
        found = await people.find_ownerless(connection, name)
        workspace = found or new_id()
        await invitations.enter(connection, workspace)
        if found is None:
            await people.add_workspace(connection, workspace, name)
        await people.add_person(connection, person, email, hashed, proved=True)
        await people.add_member(connection, workspace, person, "owner")
    return FirstOwner(person_id=person, email=email, workspace_id=workspace, workspace=name)


def _write(path: Path, token: Opaque) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, f"{token.text}\n")
    except OSError as error:
        log.warning("setup.not_written", path=str(path), error=repr(error))  # the log has it
