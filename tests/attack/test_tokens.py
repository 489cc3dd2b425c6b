"""Can somebody forge an access token who has taken over a worker, or read a copy of the database?"""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import httpx
import pytest

from shared.crypto import parse_keyring
from shared.db.session import connect
from shared.identity.sessions.access_tokens import Access, make_access_token
from shared.identity.sessions.token_keys import TokenKeys, mixed
from tests.attack.conftest import Login
from tests.support.gateway import Gateway
from tests.support.people import signed_in


@pytest.fixture(scope="module")
def owner(module_gateway: Gateway) -> Access:
    """Whom the attacker wants to be: an owner who is signed in."""
    mara = signed_in(module_gateway, "mara@example.org", "local")
    session = mara.http.get("/api/me").json()["person"]["session_id"]
    return Access(UUID(mara.id), UUID(session))


def me(gateway: Gateway, token: str) -> httpx.Response:
    return gateway.with_key(token).get("/api/me")


def test_the_encryption_keys_that_workers_hold_sign_no_token(module_gateway: Gateway, owner: Access):
    forged = make_access_token(module_gateway.settings.keyring(), owner, now=time.time(), seconds=600)
    assert me(module_gateway, forged).status_code == 401


def test_a_copy_of_the_database_signs_no_token(module_gateway: Gateway, owner: Access):
    secret = bytes(module_gateway.query("SELECT secret FROM gateway_secrets")[0]["secret"])
    (key_id, _), *_ = module_gateway.settings.keyring().keys
    other = parse_keyring(f"{key_id}:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    forged = make_access_token(mixed(other, secret), owner, now=time.time(), seconds=600)
    assert me(module_gateway, forged).status_code == 401


def test_no_login_but_the_gateways_reads_the_secret(module_gateway: Gateway, login: Login, owner: Access):
    answer = login.psql("SELECT name FROM gateway_secrets")
    assert ("permission denied" in answer.stderr) == (login.name != "gateway")


def test_a_token_that_names_one_person_and_anothers_session_is_nobodys(module_gateway: Gateway, owner: Access):
    async def both() -> tuple[str, str]:
        engine = connect(module_gateway.settings, "gateway")
        try:
            keys = await TokenKeys(engine, module_gateway.settings.keyring).keyring()
        finally:
            await engine.dispose()
        other = Access(UUID(int=7), owner.session_id)
        good, bad = (make_access_token(keys, access, now=time.time(), seconds=600) for access in (owner, other))
        return good, bad

    good, bad = asyncio.run(both())
    assert (me(module_gateway, good).status_code, me(module_gateway, bad).status_code) == (200, 401)
