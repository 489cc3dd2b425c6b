"""A person signs in with e-mail address and password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from shared.clock import Clock
from shared.crypto import Keyring
from shared.db import audit_log
from shared.db.database import Database
from shared.identity.caller import NotSignedIn
from shared.identity.email import known_email
from shared.identity.opaque import REFRESH, Opaque, make_opaque
from shared.identity.sessions.access_tokens import Access, make_access_token
from shared.identity.sessions.terms import Terms
from shared.identity.sign_in.passwords import Passwords
from shared.identity.sign_in.throttle import Throttle
from shared.identity.sign_in.totp_code import require_code
from shared.identity.store import people, sessions
from shared.identity.store.people import PasswordRow
from shared.ids import SYSTEM_WORKSPACE

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoginContext:
    """The tools of signing in: the counter of tries, the check of passwords, and how long a sign-in lasts."""

    keyring: Keyring = field(repr=False)
    token_keys: Keyring = field(repr=False)
    passwords: Passwords
    throttle: Throttle
    terms: Terms
    access_s: int
    clock: Clock

    def issue(self, access: Access, refresh: Opaque) -> Issued:
        """Return the tokens of a session."""
        made = make_access_token(self.token_keys, access, now=self.clock.now().timestamp(), seconds=self.access_s)
        return Issued(access.session_id, made, refresh.text, self.access_s)


@dataclass(frozen=True, slots=True)
class From:
    """Where a request comes from, to be shown in the list of sessions."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A session's tokens, at the only moment when their text is known."""

    session_id: UUID
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_s: int


async def log_in(
    *,
    database: Database,
    login: LoginContext,
    email: str,
    password: str,
    code: str | None,
    come_from: From,
    workspace: UUID | None = None,
) -> Issued:
    """Open a session. Takes as long for an unknown address as for a known one.

    Several people may share an address, each where they were invited: the password tells which is meant, or, where
    they are many, the workspace.

    Raises:
        TooManyTries: for this address, or from there.
        NotSignedIn: address and password do not belong together, or a code is needed and not given, wrong or used.
        Busy: too many passwords wait to be checked.
    """
    address = known_email(email)
    await login.throttle.count("sign_in", address=come_from.address)
    async with database.personal(None) as connection:
        meant = await people.find_passwords(connection, address, place=come_from.address, workspace=workspace)
        is_known = await sessions.has_signed_in_from(connection, address, come_from.address)
    # Strangers who try elsewhere do not use up the tries of a place from which the person has signed in before.
    await login.throttle.count("sign_in", email=f"{address} {come_from.address}" if is_known else address)
    found = await _whose(login, meant, password)
    if found is None:
        log.warning("sign_in.refused", address=come_from.address)
        await _note_refusal(database, str(meant[0].person_id) if meant else "nobody", come_from)
        raise NotSignedIn(message="E-mail address and password do not belong together.")
    if found.totp_since is not None and code is not None:
        # Counted by the person, from wherever they try: only somebody with the password gets this far.
        await login.throttle.count("code", account=str(found.person_id))
    refresh = make_opaque(REFRESH)
    async with database.personal(found.person_id) as connection:
        if found.totp_since is not None:
            await require_code(connection, login.keyring, found, code, now=login.clock.now())
        session = await sessions.add(
            connection, found.person_id, login.terms, address=come_from.address, agent=come_from.agent
        )
        await sessions.add_refresh_token(connection, session, refresh.hash)
    log.info("sign_in.opened", person=str(found.person_id), session=str(session), address=come_from.address)
    return login.issue(Access(found.person_id, session), refresh)


async def _whose(login: LoginContext, meant: Sequence[PasswordRow], password: str) -> PasswordRow | None:
    """Return whose password it is; takes as long where there is nobody as where there is one."""
    if not meant:
        await login.passwords.matches(password, None)
    for one in meant:
        if await login.passwords.matches(password, one.password):
            return one
    return None


async def _note_refusal(database: Database, person: str, come_from: From) -> None:
    """Write a refused sign-in into the system's audit log: whose it would have been, and never what was typed."""
    async with database.personal(None) as connection:
        details = {"address": come_from.address, "agent": come_from.agent}
        await audit_log.append(connection, SYSTEM_WORKSPACE, "sessions.refused", person, details)
