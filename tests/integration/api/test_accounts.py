"""Can people connect accounts, move them, disconnect them and connect them again, and is no secret ever shown?"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.fernet import Fernet

from connectors.registry import MANIFESTS
from shared.crypto import Keyring
from shared.encryption_keys.rotate import rotate
from tests.support.gateway import Gateway, comment, new_workspace, serve
from tests.support.oauth_server import APP, APP_SECRET, Provider, oauth_server

ALL = ("read", "submit", "approve", "manage")
PASSWORD = "canary-abcd-efgh"


@pytest.fixture
def provider(monkeypatch) -> Iterator[Provider]:
    with oauth_server() as running:
        running.connect(monkeypatch)
        yield running


@pytest.fixture
def house(database, provider: Provider) -> Iterator[Gateway]:
    more = {"egress_allowed": "127.0.0.0/8", "oauth_clients": f"oauthland={APP}:{APP_SECRET}"}
    with serve(database.model_copy(update=more)) as running:
        yield running


def persona(house: Gateway, name: str = "demo") -> str:
    found = {item["name"]: item["id"] for item in house.http.get("/api/personas").json()["items"]}
    return found.get(name) or house.post("/api/personas", {"name": name}).json()["id"]


def with_secret(house: Gateway, **changes) -> httpx.Response:
    body = {"platform": "oauthland", "handle": "@Nord", "persona": persona(house), "transport": "api"}
    return house.post("/api/accounts", body | {"secret": {"identifier": "nord", "app_password": PASSWORD}} | changes)


def begin(house: Gateway, **more) -> str:
    answer = house.post("/api/accounts/oauthland/connect", {"persona": persona(house), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["authorize_url"]


def agree(url: str) -> dict[str, str]:
    """A person opens the address and agrees; answers what the platform sends back."""
    sent = httpx.get(url, trust_env=False).headers["Location"]
    assert urlsplit(sent).path == "/oauth/back"
    return {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}


def end(house: Gateway, came: dict[str, str]) -> httpx.Response:
    return house.http.get("/api/oauth/callback", params=came)


def connect(house: Gateway) -> dict:
    answer = end(house, agree(begin(house)))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_account_connected_with_an_app_password_is_shown_without_it(house: Gateway):
    made = with_secret(house)
    assert made.status_code == 201, made.text
    account = made.json()
    assert (account["handle"], account["state"], account["sign_in"]) == ("Nord", "connected", "app_password")
    shown = house.http.get("/api/accounts/oauthland/Nord").text + house.http.get("/api/accounts").text + made.text
    assert PASSWORD not in shown
    kept = house.query("SELECT sealed FROM account_credentials")[0]["sealed"]
    assert PASSWORD not in kept
    opened = house.settings.keyring().open(kept, owner=house.workspace_id, account=account["id"])
    assert opened["app_password"] == PASSWORD


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": {"identifier": "nord"}}, "wrong_secret"),
        ({"platform": "instagram"}, "unsupported"),
        ({"platform": "nowhere"}, "not_found"),
        ({"persona": "00000000-0000-7000-8000-00000000dead"}, "not_found"),
        ({"transport": "chromium", "host": "nowhere", "platform": "instagram", "secret": None}, "not_found"),
        ({"transport": "chromium", "host": "local", "secret": None}, "unsupported"),
    ],
)
def test_what_cannot_be_connected_says_why(house: Gateway, changes: dict, code: str):
    body = {"platform": "oauthland", "handle": "n", "persona": persona(house), "transport": "api"}
    body |= {"secret": {"identifier": "n", "app_password": "p"}} | changes
    answer = house.post("/api/accounts", {name: value for name, value in body.items() if value is not None})
    assert answer.json()["code"] == code, answer.text


def test_a_browser_account_waits_until_somebody_has_signed_in(house: Gateway):
    body = {"platform": "instagram", "handle": "me", "persona": persona(house), "transport": "chromium", "host": "local"}
    made = house.post("/api/accounts", body | {"practice": True}).json()
    assert (made["state"], made["code"], made["sign_in"]) == ("disconnected", "sign_in_needed", "browser")
    assert "callsheet account connect" in made["what_to_do"]
    assert house.post("/api/accounts", body | {"practice": True}).json()["id"] == made["id"]
    house.query("UPDATE accounts SET state = 'connected', state_code = NULL WHERE handle = 'me'")
    assert house.post("/api/accounts", body | {"practice": True}).json()["code"] == "account_exists"


def test_a_check_is_a_task_on_the_accounts_lane_and_is_ordered_once(house: Gateway):
    house.post("/api/accounts/instagram/demo/pause")
    house.query("UPDATE hosts SET keeper_seen_at = now()")
    task = house.post("/api/accounts/instagram/demo/check").json()
    assert (task["type"], task["lane"]) == ("account_check", "chromium.local.instagram")
    assert [gate["gate"] for gate in task["waiting_for"]] == ["lane"]
    assert house.post("/api/accounts/instagram/demo/check").json()["id"] == task["id"]
    with_secret(house)
    assert house.post("/api/accounts/oauthland/Nord/check").json()["code"] == "unsupported"


def test_one_identity_is_one_account_however_its_handle_is_written(house: Gateway):
    first = with_secret(house).json()
    again = with_secret(house, handle="nord").json()
    assert (again["id"], again["handle"]) == (first["id"], "Nord")
    other = with_secret(house, persona=persona(house, "other"))
    assert (other.status_code, other.json()["code"]) == (409, "another_persona")


def test_a_disconnected_account_loses_its_credentials_and_keeps_id_and_history(house: Gateway):
    account = connect(house)
    left = house.post("/api/accounts/oauthland/studio.nord/disconnect").json()
    assert (left["state"], left["code"], left["sign_in"]) == ("disconnected", "disconnected", "none")
    assert left["what_to_do"] == "Connect it again; it keeps its id and its history."
    assert house.query("SELECT 1 FROM account_credentials") == []
    again = connect(house)
    assert (again["id"], again["state"]) == (account["id"], "connected")


def test_disconnecting_ends_the_tokens_at_the_platform_and_works_without_it(house: Gateway, provider: Provider):
    connect(house)
    token = next(iter(provider.grants[0].access))
    assert provider.owner_of(token) == "studio.nord"
    house.post("/api/accounts/oauthland/studio.nord/disconnect")
    assert provider.owner_of(token) is None
    connect(house)
    house.query("UPDATE account_credentials SET sealed = 'gone'")
    assert house.post("/api/accounts/oauthland/studio.nord/disconnect").json()["state"] == "disconnected"


def test_an_accounts_credential_moves_to_the_newest_key_and_still_opens(house: Gateway):
    account = connect(house)
    old = house.settings.keyring()
    ring = Keyring((("knew", Fernet.generate_key()), *old.keys))
    assert rotate(settings=house.settings, keyring=ring) == 1
    kept = house.query("SELECT sealed FROM account_credentials")[0]["sealed"]
    assert kept.startswith("knew:")
    assert "access_token" in ring.open(kept, owner=house.workspace_id, account=account["id"])


def test_tasks_of_a_disconnected_account_wait_and_say_why(house: Gateway):
    task = house.submit(comment(house.settings))
    house.post("/api/accounts/instagram/demo/disconnect")
    gates = house.http.get(f"/api/scheduler/task/{task['id']}/explain").json()["gates"]
    closed = next(gate for gate in gates if gate["gate"] == "connection")
    assert closed["reason"] == "the account is disconnected: disconnected by local owner"


def test_an_account_moves_to_another_persona_and_the_events_say_so(house: Gateway):
    other = persona(house, "other")
    moved = house.http.patch("/api/accounts/instagram/demo", json={"persona": other}).json()
    assert (moved["persona"], moved["persona_id"]) == ("other", other)
    assert next(house.events(after=0, types="account.changed"))["data"]["to"] == other
    gone = house.http.patch("/api/accounts/instagram/demo", json={"persona": "00000000-0000-7000-8000-00000000dead"})
    assert gone.status_code == 404


def test_an_inbox_is_read_by_itself_as_often_as_somebody_wants(house: Gateway):
    path = "/api/accounts/instagram/demo"
    assert house.http.get(path).json()["inbox_every_s"] is None
    assert house.http.patch(path, json={"inbox_every_s": 900}).json()["inbox_every_s"] == 900
    said = next(house.events(after=0, types="account.changed"))["data"]
    assert (said["inbox_every_s"], said["account"]) == (900, "demo")
    assert house.http.patch(path, json={}).json()["inbox_every_s"] == 900
    for unfit in (299, 86_401, "900", 900.5):
        assert house.http.patch(path, json={"inbox_every_s": unfit}).status_code == 422
    assert house.http.patch(path, json={"inbox_every_s": None}).json()["inbox_every_s"] is None
    nothing_to_read = house.http.patch("/api/accounts/sora/demo", json={"inbox_every_s": 900})
    assert (nothing_to_read.status_code, nothing_to_read.json()["code"]) == (409, "unsupported")
    body = {"platform": "instagram", "handle": "me", "persona": persona(house), "transport": "chromium", "host": "local"}
    assert house.post("/api/accounts", body | {"inbox_every_s": 3600}).json()["inbox_every_s"] == 3600


def test_an_account_is_removed_only_while_it_has_no_history(house: Gateway):
    with_secret(house)
    assert house.http.delete("/api/accounts/oauthland/Nord").status_code == 200
    assert house.http.get("/api/accounts/oauthland/Nord").status_code == 404
    assert house.query("SELECT 1 FROM account_credentials") == []
    house.submit(comment(house.settings))
    kept = house.http.delete("/api/accounts/instagram/demo")
    assert (kept.status_code, kept.json()["code"]) == (409, "has_history")


def test_an_account_is_connected_by_oauth_and_the_platform_says_who_it_is(house: Gateway):
    account = connect(house)
    assert (account["handle"], account["state"], account["sign_in"]) == ("studio.nord", "connected", "oauth")
    assert account["sign_in_ends_at"] is not None
    assert house.query("SELECT external_id FROM accounts WHERE platform = 'oauthland'")[0]["external_id"] == (
        "id-of-studio.nord"
    )
    assert next(house.events(after=0, types="account.connected"))["data"]["account"] == "studio.nord"


def test_a_state_is_used_once(house: Gateway):
    came = agree(begin(house))
    assert end(house, came).status_code == 200
    again = end(house, came)
    assert (again.status_code, again.json()["code"]) == (409, "state_unknown")


def test_a_state_ends_after_ten_minutes(house: Gateway):
    came = agree(begin(house))
    house.query("UPDATE oauth_requests SET expires_at = expires_at - interval '10 minutes'")
    assert end(house, came).json()["code"] == "state_unknown"


def test_a_state_belongs_to_whoever_began(house: Gateway):
    came = agree(begin(house))
    same_house = house.with_key(new_workspace(house.settings, "local", ALL))
    elsewhere = house.with_key(new_workspace(house.settings, "theirs", ALL))
    for other in (same_house, elsewhere):
        assert other.get("/api/oauth/callback", params=came).json()["code"] == "state_unknown"
    assert end(house, came).status_code == 200


def test_a_code_without_its_verifier_connects_nobody(house: Gateway, provider: Provider):
    mine, theirs = agree(begin(house)), agree(begin(house))
    swapped = end(house, mine | {"code": theirs["code"]})
    assert (swapped.status_code, swapped.json()["code"]) == (409, "invalid_grant")
    assert house.query("SELECT 1 FROM accounts WHERE platform = 'oauthland'") == []


def test_a_person_who_refuses_connects_nobody(house: Gateway):
    state = agree(begin(house))["state"]
    refused = end(house, {"state": state, "error": "access_denied"})
    assert (refused.status_code, refused.json()["code"]) == (409, "sign_in_refused")
    assert "access_denied" in refused.json()["detail"]


def test_somebody_else_than_expected_is_refused(house: Gateway):
    wrong = end(house, agree(begin(house, handle="@somebody")))
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_account")


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_a_platform_that_does_not_answer_can_be_asked_again(house: Gateway, provider: Provider, fault: str):
    provider.faults.append(fault)
    assert end(house, agree(begin(house))).status_code == 503
    assert connect(house)["state"] == "connected"


def test_a_missing_app_names_its_setting(house: Gateway):
    answer = house.post("/api/accounts/tiktok/connect", {"persona": persona(house)})
    assert answer.status_code == 503
    assert "tiktok=ID:SECRET" in answer.json()["detail"]
    assert house.post("/api/accounts/instagram/connect", {"persona": persona(house)}).json()["code"] == "unsupported"


def test_the_address_of_tiktok_has_its_quirks(house: Gateway):
    from connectors.http.oauth import Client, OAuthFlow

    flow = OAuthFlow(None, MANIFESTS["tiktok"].oauth, Client("key", "secret", "http://127.0.0.1:3000/api/oauth/callback"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(flow.authorize("state", "v" * 64)).query).items()}
    assert (asked["client_key"], asked["scope"]) == ("key", "user.info.basic,user.info.profile")
    assert len(asked["code_challenge"]) == 64
    assert "client_id" not in asked


@pytest.mark.parametrize(("auth", "name"), [("basic", "basic"), ("body", "client_id"), ("body", "client_key")])
def test_an_app_shows_itself_as_the_platform_wants(house: Gateway, provider: Provider, monkeypatch, auth, name):
    quirks = {"client_auth": auth} | ({"client_id_name": name} if name == "client_key" else {})
    provider.auth = name
    provider.connect(monkeypatch, provider.manifest(**quirks))
    came = agree(begin(house).replace("client_key=", "client_id="))
    assert end(house, came).status_code == 200


def test_the_safari_of_a_host_holds_one_account_of_a_platform(house: Gateway):
    body = {"platform": "instagram", "handle": "me", "persona": persona(house), "transport": "safari", "host": "local"}
    made = house.post("/api/accounts", body)
    assert (made.status_code, made.json()["transport"], made.json()["state"]) == (201, "safari", "disconnected")
    task = house.post("/api/accounts/instagram/me/check", {}).json()
    assert task["lane"] == "safari.local"
    house.query("UPDATE accounts SET state = 'connected' WHERE handle = 'me'")

    second = house.post("/api/accounts", body | {"handle": "other"})
    assert (second.status_code, second.json()["code"]) == (409, "host_taken")
    assert house.post("/api/accounts", body | {"handle": "another", "platform": "x"}).status_code == 201
