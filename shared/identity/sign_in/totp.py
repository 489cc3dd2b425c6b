"""A person sets up an authenticator app, confirms it, or removes it."""

from __future__ import annotations

import secrets

import pyotp
import structlog
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import NotAllowed, NotSignedIn, Person
from shared.identity.sign_in.log_in import LoginContext
from shared.identity.sign_in.totp_code import recovery_hash, require_code, seal, secret_in, step_of
from shared.identity.store import people
from shared.identity.store.people import PasswordRow

log = structlog.get_logger()

ISSUER = "Callsheet"
RECOVERY_CODES = 10
# Without letters that look like digits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class TotpBegun(BaseModel):
    """The secret for the app. Shown now and never again."""

    secret: str = Field(description="To be typed into the app.")
    uri: str = Field(description="The same as an `otpauth://` address, for a picture that the app can read.")


class RecoveryCodes(BaseModel):
    """Codes that replace the app's code, each once. Shown now and never again."""

    codes: list[str]


class TotpRemoved(BaseModel):
    """Codes are no longer required."""

    totp: bool = False


async def begin_totp(*, database: Database, login: LoginContext, person: Person, password: str) -> TotpBegun:
    """Make a secret for the app. Codes are required once one of them was confirmed.

    Raises:
        TooManyTries, Busy: of the password.
        NotAllowed: the password is another one.
        Conflict: codes are required already.
    """
    await _require_password(database, login, person, password)
    if person.totp:
        raise Conflict(code="totp_already", message="A code is asked for already: remove that first.")
    secret = pyotp.random_base32()
    async with database.personal(person.id) as connection:
        await people.keep_totp(connection, person.id, seal(login.keyring, secret, person.id))
    return TotpBegun(secret=secret, uri=pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER))


async def confirm_totp(*, database: Database, login: LoginContext, person: Person, code: str) -> RecoveryCodes:
    """Require codes from now on, since this one is right.

    Raises:
        TooManyTries: of codes.
        Conflict: no app was set up, or codes are required already.
        NotAllowed: the code is wrong.
    """
    await login.throttle.count("code", account=str(person.id))
    made = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)]
    async with database.personal(person.id) as connection:
        found = await people.find_own_password(connection)
        if found.totp is None or found.totp_since is not None:
            raise Conflict(code="totp_not_begun", message="There is no app to confirm: begin first.")
        step = step_of(secret_in(login.keyring, found.totp, person.id), code, login.clock.now())
        if step is None or not await people.take_totp_step(connection, person.id, step):
            raise NotAllowed(code="wrong_code", field="code", message="This is not the code that the app shows.")
        await people.ask_for_totp(connection, person.id, [recovery_hash(one) for one in made])
    log.info("totp.confirmed", person=str(person.id))
    return RecoveryCodes(codes=made)


async def remove_totp(
    *, database: Database, login: LoginContext, person: Person, password: str, code: str | None
) -> TotpRemoved:
    """Ask for no code any more, and forget the secret and the recovery codes.

    Raises:
        TooManyTries, Busy: of the password or of codes.
        NotAllowed: the password is another one; a code is asked for, and none is given, or it is wrong or used.
    """
    await _require_password(database, login, person, password)
    await login.throttle.count("code", account=str(person.id))
    async with database.personal(person.id) as connection:
        found = await people.find_own_password(connection)
        if found.totp_since is not None:
            await _require_code(connection, login, found, code)
        await people.keep_totp(connection, person.id, None)
    log.info("totp.removed", person=str(person.id))
    return TotpRemoved()


async def _require_code(connection: AsyncConnection, login: LoginContext, found: PasswordRow, code: str | None) -> None:
    """Check a code as at a sign-in; but the person is signed in, so a wrong one is `NotAllowed`."""
    try:
        await require_code(connection, login.keyring, found, code, now=login.clock.now())
    except NotSignedIn as error:
        raise NotAllowed(code=error.code, field="code", message=error.message) from error


async def _require_password(database: Database, login: LoginContext, person: Person, password: str) -> None:
    await login.throttle.count("password", account=str(person.id))
    async with database.personal(person.id) as connection:
        found = await people.find_own_password(connection)
    if not await login.passwords.matches(password, found.password):
        raise NotAllowed(code="wrong_password", field="password", message="This is not your password.")
