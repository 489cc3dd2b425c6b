"""Do cookies sign in the gateway's own pages, and nobody else's?"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.gateway import Gateway, serve
from tests.support.people import PASSWORD, add_person, log_in

LOGIN = {"email": "mara@example.org", "password": PASSWORD, "cookies": True}


@pytest.fixture
def page(gateway: Gateway) -> Iterator[httpx.Client]:
    """A browser with a page of the gateway, signed in."""
    add_person(gateway.settings, "mara@example.org", "local")
    with httpx.Client(base_url=gateway.url, headers={"Origin": gateway.url}, timeout=20, trust_env=False) as http:
        http.post("/api/auth/login", json=LOGIN).raise_for_status()
        yield http


def test_no_token_is_in_the_answer_and_no_script_reads_the_cookies(gateway: Gateway):
    add_person(gateway.settings, "mara@example.org", "local")
    answer = gateway.post("/api/auth/login", LOGIN, Authorization="", Origin=gateway.url)
    assert (answer.json()["access_token"], answer.json()["refresh_token"]) == (None, None)
    cookies = {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert cookies.keys() == {"callsheet_access", "callsheet_refresh"}
    for line in cookies.values():
        assert "HttpOnly" in line
        assert "SameSite=strict" in line
        assert "Secure" not in line  # plain http on loopback
    assert "Path=/api/auth;" in cookies["callsheet_refresh"]
    assert "Path=/;" in cookies["callsheet_access"]


def test_a_page_of_ours_reads_and_writes_and_stays_signed_in(page: httpx.Client):
    assert page.get("/api/me").json()["kind"] == "person"
    assert page.post("/api/scheduler/pause", json={"scope": "platform:x"}).status_code == 200
    before = dict(page.cookies)
    assert page.post("/api/auth/refresh", json={}).json()["refresh_token"] is None
    assert dict(page.cookies)["callsheet_refresh"] != before["callsheet_refresh"]
    assert page.post("/api/auth/logout").status_code == 200
    assert not page.cookies


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", ""])
def test_another_page_writes_nothing(page: httpx.Client, origin: str):
    foreign = {"Origin": origin}
    if not origin:
        del page.headers["Origin"]
        foreign = {}
    for path, body in (("/api/scheduler/pause", {"scope": "all"}), ("/api/auth/refresh", {}), ("/api/auth/logout", {})):
        answer = page.post(path, json=body, headers=foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert page.post("/api/auth/login", json=LOGIN, headers=foreign).status_code == 403


def test_another_page_opens_no_socket_with_cookies(page: httpx.Client, gateway: Gateway):
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect

    cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    url, headers = f"ws{gateway.url.removeprefix('http')}/api/ws?after=0", {"Cookie": cookie}
    with pytest.raises(InvalidStatus):
        connect(url, origin="https://evil.example", additional_headers=headers)
    with connect(url, additional_headers=headers) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    gateway.submit()
    with connect(url, origin=gateway.url, additional_headers=headers) as socket:
        assert socket.recv(timeout=10)


def test_behind_tls_the_cookies_are_secure_and_the_public_address_is_ours(database):
    public = "https://callsheet.example.org"
    with serve(database.model_copy(update={"public_url": public})) as gateway:
        add_person(gateway.settings, "mara@example.org", "local")
        answer = gateway.post("/api/auth/login", LOGIN, Authorization="", Origin=public)
        assert answer.status_code == 200
        said = {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}
        assert said.keys() == {"__Host-callsheet_access", "__Secure-callsheet_refresh"}
        assert all("Secure" in line and "Domain" not in line for line in said.values())
        assert "Path=/;" in said["__Host-callsheet_access"]
        assert "Path=/api/auth;" in said["__Secure-callsheet_refresh"]
        token = said["__Host-callsheet_access"].split("=", 1)[1].partition(";")[0]
        for name, status in (("__Host-callsheet_access", 200), ("callsheet_access", 401)):
            shown = httpx.get(f"{gateway.url}/api/me", headers={"Cookie": f"{name}={token}"}, trust_env=False)
            assert shown.status_code == status, name
        cookie = "; ".join(line.partition(";")[0] for line in said.values())
        out = gateway.post("/api/auth/logout", Authorization=f"Bearer {token}", Origin=public, Cookie=cookie)
        gone = {line.split("=")[0]: line for line in out.headers.get_list("set-cookie")}
        assert gone.keys() == said.keys()
        assert all("Max-Age=0" in line and "Secure" in line for line in gone.values())


def test_a_program_needs_no_origin(gateway: Gateway):
    add_person(gateway.settings, "mara@example.org", "local")
    tokens = log_in(gateway, "mara@example.org").json()
    assert gateway.with_key(tokens["access_token"]).post("/api/scheduler/pause", json={"scope": "all"}).status_code == 200
