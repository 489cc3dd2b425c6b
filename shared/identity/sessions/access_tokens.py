"""How is an access token made and read? A JWT of a fixed algorithm, signed with a key for this purpose alone.

Its header names the key, so that keys can change; its claims name the session, which every request checks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from joserfc.jwt import JWTClaimsRegistry

from shared.crypto import Keyring
from shared.identity.caller import NotSignedIn

PURPOSE = "access-token"
ALGORITHM = "HS256"
TYPE = "at+jwt"  # RFC 9068
ISSUER = "callsheet"
AUDIENCE = "callsheet-api"
LONGEST = 2_048
PARTS = 3
KEY_BYTES = 32
LEEWAY_S = 5  # gateways' clocks differ a little
_HEADER = {"alg", "kid", "typ"}


@dataclass(frozen=True, slots=True)
class Access:
    """The content of an access token: the person and the session."""

    person_id: UUID
    session_id: UUID


def looks_like(text: str) -> bool:
    """Return whether it is meant as an access token; says nothing about whether it is valid."""
    return text.count(".") == PARTS - 1


def make_access_token(keyring: Keyring, access: Access, *, now: float, seconds: int) -> str:
    """Return a token that is valid from `now` (Unix time) for so many seconds; signed with the newest key."""
    key_id, key = next(iter(keyring.derive_each(PURPOSE).items()))
    begun = int(now)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(access.person_id),
        "sid": str(access.session_id),
        "iat": begun,
        "nbf": begun,
        "exp": begun + seconds,
    }
    header = {"alg": ALGORITHM, "kid": key_id, "typ": TYPE}
    return jws.serialize_compact(header, json.dumps(claims), OctKey.import_key(key), algorithms=[ALGORITHM])


def read_access_token(keyring: Keyring, text: str, *, now: float) -> Access:
    """Return what the token says.

    Raises:
        NotSignedIn: it is not one of ours, not for this purpose, or not valid now.
    """
    try:
        header, payload = open_signed(text, keyring.derive_each(PURPOSE))
        claims = json.loads(payload)
        _check(header, claims, now)
        return Access(UUID(claims["sub"]), UUID(claims["sid"]))
    except (JoseError, NotSignedIn, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotSignedIn(message="This access token is not good, or no longer: sign in or refresh.") from error


def open_signed(text: str, keys: Mapping[str, bytes]) -> tuple[dict[str, Any], bytes]:
    """Return header and payload of a compact JWS that is signed with our algorithm by the key of these that it names.

    Raises:
        NotSignedIn, JoseError, ValueError: it is not, or the text is not in canonical form.
    """
    if len(text) > LONGEST or not text.isascii():
        raise NotSignedIn
    ring = KeySet([OctKey.import_key(key, {"kid": key_id}) for key_id, key in keys.items() if len(key) >= KEY_BYTES])
    found = jws.deserialize_compact(text, ring, algorithms=[ALGORITHM])
    return dict(found.headers()), found.payload or b""


def _check(header: dict[str, Any], claims: dict[str, Any], now: float) -> None:
    if header.get("typ") != TYPE or set(header) != _HEADER:
        raise NotSignedIn
    needed: dict[str, Any] = {name: {"essential": True} for name in ("sub", "sid", "exp", "iat", "nbf")}
    values: dict[str, Any] = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": AUDIENCE},
    }
    if claims.get("aud") != AUDIENCE:  # a list of audiences would be another kind of token
        raise NotSignedIn
    JWTClaimsRegistry(now=int(now), leeway=LEEWAY_S, **needed | values).validate(claims)
