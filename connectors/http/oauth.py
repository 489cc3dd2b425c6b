"""How are a platform's OAuth 2 endpoints called? By RFC 6749, 7636 and 7009, with its quirks from the manifest.

Every request goes through the egress client, once: nothing is repeated here. The JSON of an answer decides what it means,
since some platforms send errors with the status 200.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from connectors.contract.sign_in import OAuth
from connectors.http.egress import Answer, Egress
from shared.accounts.oauth import Tokens, Who
from shared.errors import AuthExpired, NotConfigured, RateLimited, Transient

LONGEST_TOKEN = 8192  # bytes; the longest that a platform is known to give out is below 3,000
LONGEST_LIFE_S = 10 * 365 * 86_400
TOO_MANY, FAULTY = 429, 500
SETTING = "CALLSHEET_OAUTH_CLIENTS"
# Our app is wrong, or may not do this: signing in again would not help the account's owner.
_OURS = frozenset({"invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type"})


@dataclass(frozen=True, slots=True)
class Client:
    """Our app at a platform."""

    id: str
    secret: str = field(repr=False)
    redirect_uri: str = ""


class OAuthFlow:
    """One platform's OAuth; see `shared/accounts/oauth.py` for what each step promises."""

    def __init__(self, egress: Egress, platform: OAuth, client: Client) -> None:
        """Store the parts; nothing is requested yet."""
        self._egress, self._platform, self._client = egress, platform, client

    def authorize(self, state: str, verifier: str) -> str:
        """Return the address that a person opens."""
        platform = self._platform
        parameters = [
            ("response_type", "code"),
            (platform.client_id_name, self._client.id),
            ("redirect_uri", self._client.redirect_uri),
            ("scope", platform.scope_separator.join(platform.scopes)),
            ("state", state),
            ("code_challenge", _challenge(platform, verifier)),
            ("code_challenge_method", "S256"),
            *platform.authorize_extra,
        ]
        return str(add_params_to_uri(platform.authorize_url, parameters))

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Exchange a code for tokens."""
        return await self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._client.redirect_uri,
                "code_verifier": verifier,
            }
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return fresh tokens for a refresh token."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def revoke(self, token: str) -> bool:
        """Revoke a token; return False where the platform has no way to."""
        if not self._platform.revoke_url:
            return False
        answer = await self._send(self._platform.revoke_url, {"token": token})
        if answer.status >= FAULTY:
            raise Transient(code="provider_fault", message=f"The platform answered {answer.status}.")
        return True

    async def who(self, access_token: str) -> Who:
        """Return whose token it is."""
        who = await ask_who(self._egress, self._platform, access_token)
        if who is None:
            raise AuthExpired(code="not_told", message="The platform did not say whose sign-in it is.")
        return who

    async def _tokens(self, form: dict[str, str]) -> Tokens:
        answer = await self._send(self._platform.exchange_url, form)
        _raise_faults(answer)
        said = _json(answer)
        if isinstance(said.get("error"), str):
            raise self._refused(said)
        access, refresh = said.get("access_token"), said.get("refresh_token")
        if not isinstance(access, str) or not 0 < len(access) <= LONGEST_TOKEN:
            raise Transient(code="bad_answer", message=f"The platform answered {answer.status} without an access token.")
        kept = refresh if isinstance(refresh, str) and 0 < len(refresh) <= LONGEST_TOKEN else None
        return Tokens(access, kept, _seconds(said.get("expires_in")))

    def _refused(self, said: dict[str, Any]) -> Exception:
        code = said["error"][:100]
        # What the platform writes for developers may quote the token, so it is not passed on.
        message = f"The platform refused: {code}."
        if code in self._platform.dead:
            return AuthExpired(code=code, message=message)
        if code in _OURS:
            return NotConfigured(code=code, message=message, setting=SETTING)
        return Transient(code=code, message=message)

    async def _send(self, url: str, form: dict[str, str]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        id_name = self._platform.client_id_name
        match self._platform.client_auth:
            case "basic":
                # RFC 6749, 2.3.1: both are form-encoded before they are joined.
                pair = f"{quote(self._client.id, safe='')}:{quote(self._client.secret, safe='')}"
                headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
            case "body":
                form = form | {id_name: self._client.id, "client_secret": self._client.secret}
            case "none":
                form = form | {id_name: self._client.id}
        return await self._egress.post(url, body=urlencode(form).encode(), headers=headers)


async def ask_who(egress: Egress, platform: OAuth, access_token: str) -> Who | None:
    """Return whose token it is, in the platform's words; None where it refuses the token, or does not say.

    Raises:
        Transient, RateLimited: it did not answer.
        Conflict: its address may not be called from here.
    """
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    answer = await egress.get(platform.who.url, headers=headers)
    _raise_faults(answer)
    said = _json(answer)
    subject, handle = (_at(said, path) for path in (platform.who.id, platform.who.handle))
    return Who(subject, handle.lstrip("@")) if subject and handle else None


def _challenge(platform: OAuth, verifier: str) -> str:
    if platform.challenge == "hex":
        return hashlib.sha256(verifier.encode()).hexdigest()
    return str(create_s256_code_challenge(verifier))


def _raise_faults(answer: Answer) -> None:
    if answer.status == TOO_MANY:
        raise RateLimited(message="The platform asked for a pause.")
    if answer.status >= FAULTY:
        raise Transient(code="provider_fault", message=f"The platform answered {answer.status}.")


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError as error:
        message = f"The platform answered {answer.status} with something that is no JSON."
        raise Transient(code="bad_answer", message=message) from error
    if not isinstance(said, dict):
        raise Transient(code="bad_answer", message=f"The platform answered {answer.status} with no JSON object.")
    return said


def _at(said: Any, path: tuple[str, ...]) -> str:
    for name in path:
        said = said.get(name) if isinstance(said, dict) else None
    return str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""


def _seconds(said: Any) -> float | None:
    """Return how long a token lives, in seconds; some platforms write the number as text."""
    text = str(said)
    return float(text) if text.isascii() and text.isdigit() and 0 < int(text[:12]) <= LONGEST_LIFE_S else None
