"""Does a local home get its owner by itself, and an older home too, without losing its key?"""

from __future__ import annotations

import json
import stat

import psycopg
import pytest

from cli.local.foundation import lay
from shared.identity.bootstrap import bootstrap_local
from shared.settings import Settings
from tests.support.gateway import Gateway, serve
from tests.support.people import forget_tries, log_in

PLATFORMS = ("instagram",)


def credentials(settings: Settings) -> dict[str, str]:
    kept: dict[str, str] = json.loads((settings.home / "credentials.json").read_text())
    return kept


@pytest.fixture
def laid(database: Settings) -> Settings:
    lay(database, {})
    return database


def can_sign_in(settings: Settings, password: str) -> bool:
    with serve_as_it_is(settings) as gateway:
        forget_tries(gateway)
        answer = log_in(gateway, credentials(settings)["email"], password)
        assert gateway.with_key(credentials(settings)["api_key"]).get("/api/me").status_code == 200
        assert not (settings.home / "setup-token").exists()
        return answer.status_code == 200 and gateway.with_key(answer.json()["access_token"]).get("/api/keys").is_success


def serve_as_it_is(settings: Settings):
    """A gateway over what `lay` has made; the test's own key is one more."""
    with psycopg.connect(settings.database_url_for("owner").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("UPDATE api_keys SET name = 'kept' WHERE name = 'local owner'")
    return serve(settings)


def test_a_fresh_home_has_an_owner_with_a_random_password(laid: Settings):
    kept = credentials(laid)
    assert kept.keys() == {"url", "api_key", "email", "password"}
    assert len(kept["password"]) >= 32
    assert stat.S_IMODE((laid.home / "credentials.json").stat().st_mode) == 0o600
    assert can_sign_in(laid, kept["password"])


def test_a_second_start_changes_nothing(laid: Settings):
    kept = credentials(laid)
    lay(laid, {})
    assert credentials(laid) == kept
    assert can_sign_in(laid, kept["password"])


def test_a_home_from_before_there_were_people_gets_its_owner_and_keeps_its_key(database: Settings):
    key = bootstrap_local(database, PLATFORMS).api_key
    database.home.joinpath("credentials.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "api_key": key}))
    lay(database, {})
    kept = credentials(database)
    assert kept["api_key"] == key
    assert can_sign_in(database, kept["password"])


def test_a_password_that_is_kept_nowhere_is_made_anew(laid: Settings):
    before = credentials(laid)
    path = laid.home / "credentials.json"
    path.write_text(json.dumps({name: value for name, value in before.items() if name != "password"}))
    lay(laid, {})
    after = credentials(laid)
    assert after["password"] != before["password"]
    assert not can_sign_in(laid, before["password"])
    assert can_sign_in(laid, after["password"])


def test_a_local_home_offers_no_set_up(laid: Settings):
    with serve_as_it_is(laid) as gateway:
        body = {
            "token": f"css_{'x' * 43}",
            "email": "a@example.org",
            "password": "three herons on a fence",
            "workspace": "w",
        }
        assert _code(gateway, body) == "already_set_up"


def _code(gateway: Gateway, body: dict[str, str]) -> str:
    code: str = gateway.post("/api/setup", body, Authorization="").json()["code"]
    return code
