"""Is this the current code of a person's authenticator app, or one of their recovery codes?"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import Keyring
from shared.identity.caller import NotSignedIn
from shared.identity.store import people
from shared.identity.store.people import PasswordRow

OWNER = "people"  # the owner of the encrypted secret, where credentials of accounts name a workspace
WINDOW = 1  # steps of 30 s before and after: clocks differ a little (RFC 6238, 5.2)
_RECOVERY = re.compile(r"[a-z0-9]{5}-[a-z0-9]{5}")


async def require_code(
    connection: AsyncConnection, keyring: Keyring, found: PasswordRow, code: str | None, *, now: datetime
) -> None:
    """Use a code up; the transaction is the person's, whose row `find_passwords` has answered.

    Raises:
        NotSignedIn: there is none, it is wrong, or it was used before.
    """
    if code is None:
        raise NotSignedIn(code="code_needed", field="code", message="Say the code of your authenticator app, too.")
    if _RECOVERY.fullmatch(code):
        is_good = await people.take_recovery_code(connection, found.person_id, recovery_hash(code))
    else:
        step = None if found.totp is None else step_of(secret_in(keyring, found.totp, found.person_id), code, now)
        is_good = step is not None and await people.take_totp_step(connection, found.person_id, step)
    if not is_good:
        raise NotSignedIn(code="wrong_code", field="code", message="This code is wrong, or was used before.")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step to which the code belongs; None: it is wrong."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=WINDOW)
    except OTPVerificationError:
        return None


def seal(keyring: Keyring, secret: str, person: UUID) -> str:
    """Return a secret encrypted, as it is stored."""
    return keyring.seal({"totp": secret}, owner=OWNER, account=str(person))


def secret_in(keyring: Keyring, sealed: str, person: UUID) -> str:
    """Return the secret that was stored.

    Raises:
        NotConfigured: the keyring has no key for it.
    """
    return keyring.open(sealed, owner=OWNER, account=str(person))["totp"]


def recovery_hash(code: str) -> bytes:
    """Return the hash of a recovery code, which is what is stored; it has 50 random bits, and tries are counted."""
    return hashlib.sha256(code.encode()).digest()
