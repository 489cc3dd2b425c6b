"""Beginning to connect an account by OAuth: at which address is it to be signed in?"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from shared.accounts.oauth import OAuthOf
from shared.accounts.store import oauth_requests
from shared.crypto import Keyring
from shared.db.database import Database
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller
from shared.personas.exists import persona_exists

LIFE_S = 600.0
MOST_OPEN = 50
VERIFIER_BYTES = 48  # 64 letters; RFC 7636 wants 43 to 128


class SignInBegun(BaseModel):
    """Where to sign in, once."""

    authorize_url: str = Field(description="Open it in a browser, sign in and agree.")
    expires_at: datetime = Field(description="Until then whoever began this can end it.")


@dataclass(frozen=True, slots=True)
class SignIn:
    """The persona and the expected handle; with `handle` None any account that signs in is accepted."""

    platform: str
    persona: UUID
    handle: str | None = None


async def begin_oauth(
    *, database: Database, caller: Caller, keyring: Keyring, oauth_of: OAuthOf, wanted: SignIn
) -> SignInBegun:
    """Return the platform's address for this sign-in, with a state that this caller can use once within 10 minutes.

    Raises:
        NotFound: there is no such platform or persona.
        Conflict: the platform has no OAuth, or too many sign-ins are open.
        NotConfigured: no app of ours is known at the platform.
    """
    # The page to which the platform sends people back needs the workspace: a person may be in several.
    state, verifier = f"{caller.workspace_id}.{secrets.token_urlsafe(32)}", secrets.token_urlsafe(VERIFIER_BYTES)
    async with database.change(caller.workspace_id) as connection:
        if not await persona_exists(connection, wanted.persona, hold=True):
            raise NotFound(field="persona", message=f"There is no persona {wanted.persona}.")
        oauth = oauth_of(wanted.platform)
        if await oauth_requests.count_open(connection, caller.workspace_id) >= MOST_OPEN:
            raise Conflict(code="too_many", message=f"{MOST_OPEN} sign-ins are open: end one, or wait for 10 minutes.")
        row = {
            "state_hash": hash_of(state),
            "workspace": caller.workspace_id,
            "caller": caller.id,
            "persona": wanted.persona,
            "platform": wanted.platform,
            "handle": None if wanted.handle is None else wanted.handle.lstrip("@"),
            "sealed": keyring.seal({"verifier": verifier}, owner=str(caller.workspace_id), account=str(caller.id)),
            "life_s": LIFE_S,
        }
        expires_at = await oauth_requests.add(connection, row)
    return SignInBegun(authorize_url=oauth.authorize(state, verifier), expires_at=expires_at)


def hash_of(state: str) -> bytes:
    """Return the hash of a state, which is what is stored of it."""
    return hashlib.sha256(state.encode()).digest()
