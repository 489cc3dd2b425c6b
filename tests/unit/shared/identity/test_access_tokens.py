"""Is an access token believed only when it is ours, for this purpose, and good now? With Wycheproof's vectors, too."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.crypto import Keyring, parse_keyring
from shared.identity.caller import NotSignedIn
from shared.identity.sessions.access_tokens import (
    ALGORITHM,
    AUDIENCE,
    ISSUER,
    LEEWAY_S,
    PURPOSE,
    TYPE,
    Access,
    make_access_token,
    open_signed,
    read_access_token,
)

VECTORS = Path(__file__).parents[3] / "vectors" / "wycheproof"
NOW = 1_800_000_000.0
ACCESS = Access(UUID(int=1), UUID(int=2))
RING = parse_keyring(f"k1:{Fernet.generate_key().decode()}")
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": str(ACCESS.person_id),
    "sid": str(ACCESS.session_id),
    "iat": int(NOW),
    "nbf": int(NOW),
    "exp": int(NOW) + 600,
}
HEADER: dict[str, Any] = {"alg": ALGORITHM, "kid": "k1", "typ": TYPE}
GONE = "(gone)"  # a word that every process of a test run knows by the same name


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(header: dict[str, Any], claims: dict[str, Any], *, key: bytes | None = None, algorithm: str = ALGORITHM) -> str:
    """A token as anybody could write it who had this key."""
    used = OctKey.import_key(key or RING.derive_each(PURPOSE)["k1"])
    inside = ".".join(part({k: v for k, v in said.items() if v is not GONE}) for said in (header, claims))
    return f"{inside}.{part(jws.JWSRegistry.algorithms[algorithm].sign(inside.encode(), used))}"


def test_what_is_made_is_read():
    token = make_access_token(RING, ACCESS, now=NOW, seconds=600)
    assert read_access_token(RING, token, now=NOW) == ACCESS
    assert read_access_token(RING, token, now=NOW + 599) == ACCESS
    assert read_access_token(RING, signed(HEADER, CLAIMS), now=NOW) == ACCESS


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "callsheet-dashboard"},
        {"aud": [AUDIENCE, "other"]},
        {"iss": "somebody"},
        {"exp": int(NOW) - LEEWAY_S},
        {"exp": int(NOW) - 3600},
        {"exp": "never"},
        {"nbf": int(NOW) + 60},
        {"iat": int(NOW) + 60},
        {"sub": "mara"},
        {"sid": 7},
        *({name: GONE} for name in CLAIMS),
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_refused(change: dict[str, Any]):
    with pytest.raises(NotSignedIn):
        read_access_token(RING, signed(HEADER, CLAIMS | change), now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"typ": "JWT"},
        {"typ": "refresh+jwt"},
        {"typ": GONE},
        {"kid": "k2"},
        {"kid": GONE},
        {"kid": ["k1"]},
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "RS256"},
        {"alg": "HS512"},
        {"alg": GONE},
        {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://keys.example.org/"},
        {"zip": "DEF"},
    ],
    ids=str,
)
def test_a_header_that_is_not_ours_is_refused_however_well_it_is_signed(change: dict[str, Any]):
    with pytest.raises(NotSignedIn):
        read_access_token(RING, signed(HEADER | change, CLAIMS), now=NOW)


def test_a_token_without_a_signature_is_refused():
    unsigned = f"{part(HEADER | {'alg': 'none'})}.{part(CLAIMS)}."
    for token in (unsigned, f"{part(HEADER)}.{part(CLAIMS)}.", f"{part(HEADER)}.{part(CLAIMS)}"):
        with pytest.raises(NotSignedIn):
            read_access_token(RING, token, now=NOW)


def test_a_key_for_another_purpose_signs_nothing_here():
    for key in (RING.derive_each("refresh-token")["k1"], RING.derive("refresh-token").encode(), RING.keys[0][1]):
        with pytest.raises(NotSignedIn):
            read_access_token(RING, signed(HEADER, CLAIMS, key=key), now=NOW)


def test_another_algorithm_of_the_same_family_is_refused_with_the_right_key():
    with pytest.raises(NotSignedIn):
        read_access_token(RING, signed(HEADER | {"alg": "HS384"}, CLAIMS, algorithm="HS384"), now=NOW)


def test_a_changed_payload_is_refused():
    head, _, tail = make_access_token(RING, ACCESS, now=NOW, seconds=600).split(".")
    with pytest.raises(NotSignedIn):
        read_access_token(RING, f"{head}.{part(CLAIMS | {'sub': str(UUID(int=9))})}.{tail}", now=NOW)


def test_there_is_one_way_to_write_a_token():
    token = make_access_token(RING, ACCESS, now=NOW, seconds=600)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + letters[letters.index(token[-1]) ^ 1]  # a bit that no byte has
    assert unpadded(twin.split(".")[2]) == unpadded(token.split(".")[2])
    for other in (twin, f"{token}=", f" {token}", f"{token}\n"):
        with pytest.raises(NotSignedIn):
            read_access_token(RING, other, now=NOW)


def test_a_new_key_signs_and_the_old_one_is_good_as_long_as_it_is_there():
    old = make_access_token(RING, ACCESS, now=NOW, seconds=600)
    both = Keyring((("k2", Fernet.generate_key()), *RING.keys))
    fresh = make_access_token(both, ACCESS, now=NOW, seconds=600)
    assert read_access_token(both, old, now=NOW) == read_access_token(both, fresh, now=NOW) == ACCESS
    assert json.loads(base64.urlsafe_b64decode(fresh.split(".")[0] + "=="))["kid"] == "k2"
    with pytest.raises(NotSignedIn):
        read_access_token(RING, fresh, now=NOW)


@given(st.one_of(st.text(), st.from_regex(r"\A[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\Z")))
def test_whatever_else_comes_is_refused_and_nothing_breaks(text: str):
    with pytest.raises(NotSignedIn):
        read_access_token(RING, text, now=NOW)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_payload_that_is_no_claims_is_refused(payload: object):
    key = OctKey.import_key(RING.derive_each(PURPOSE)["k1"])
    token = jws.serialize_compact(HEADER, json.dumps(payload), key, algorithms=[ALGORITHM])
    with pytest.raises(NotSignedIn):
        read_access_token(RING, token, now=NOW)


# What Wycheproof expects otherwise, and why it is right here.
EXPECTED_OTHERWISE = {
    (
        "json_web_signature_test",
        367,
    ): "its text is that of 357, which is valid: the padding that it means to show is not in it",
    ("json_web_signature_test", 370): "the same",
    ("json_web_signature_test", 372): "we refuse letters that base64url does not have",
    ("json_web_signature_test", 373): "the same",
    ("json_web_crypto_test", 47): "it refuses a set of keys; we take no such sets, our keys are derived",
    ("json_web_key_test", 1): "the same",
    (
        "json_web_key_test",
        25,
    ): "it refuses a key that says it is for something else; our keys are derived for one purpose each",
    ("json_web_key_test", 26): "the same",
}


def vectors(name: str) -> list[tuple[str, int, dict[str, bytes], object, bool]]:
    """(file, number, keys of ours by id, text, whether it shall be accepted). Only HS256 is ours: all else is refused."""
    found = []
    for group in json.loads((VECTORS / f"{name}.json").read_text())["testGroups"]:
        shown = group.get("private") or group.get("public") or {}
        keys = {key["kid"]: unpadded(key["k"]) for key in shown.get("keys", [shown]) if "k" in key and "kid" in key}
        for test in (test for test in group["tests"] if "jws" in test):
            is_ours = test["result"] == "valid" and algorithm_in(test["jws"]) == ALGORITHM
            found.append((name, test["tcId"], keys, test["jws"], is_ours))
    return found


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def algorithm_in(text: object) -> object:
    try:
        return json.loads(unpadded(str(text).split(".")[0]))["alg"]
    except (ValueError, KeyError):
        return None


ALL = [one for name in ("json_web_signature_test", "json_web_crypto_test", "json_web_key_test") for one in vectors(name)]


def test_the_vectors_are_all_there():
    assert len(ALL) == 401 + 49 + 26
    assert sum(is_ours for *_, is_ours in ALL) >= 12


@pytest.mark.parametrize(("name", "number", "keys", "text", "is_ours"), ALL, ids=[f"{one[0]}-{one[1]}" for one in ALL])
def test_wycheproof(name: str, number: int, keys: dict[str, bytes], text: object, *, is_ours: bool):
    expected = is_ours != ((name, number) in EXPECTED_OTHERWISE)
    assert is_accepted(text, keys) == expected, EXPECTED_OTHERWISE.get((name, number))


def is_accepted(text: object, keys: dict[str, bytes]) -> bool:
    try:
        open_signed(text if isinstance(text, str) else json.dumps(text), keys)
    except (NotSignedIn, JoseError, ValueError):
        return False
    return True
