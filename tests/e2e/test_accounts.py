"""Can a person connect an account from the command line, in a browser and by OAuth, and see that it is well?"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import redis
from playwright.async_api import Page, async_playwright

from connectors.browser.chromium.driver import Chromium
from connectors.browser.chromium.executable import find_executable
from connectors.contract.action import AccountFacts
from shared.identity.bootstrap import bootstrap_local
from tests.support.gateway import Gateway, serve
from tests.support.oauth_server import APP, APP_SECRET, oauth_server
from tests.support.people import PASSWORD, add_person
from tests.support.plain import untraced
from tests.support.stack import ROOT, Stack, wait_for
from workers.hosts import sign_in_window

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]


class Shell:
    """The command line of a home."""

    def __init__(self, stack: Stack, api_key: str) -> None:
        self.stack = stack
        home = stack.settings.home
        url = f"http://127.0.0.1:{stack.settings.port}"
        (home / "credentials.json").write_text(json.dumps({"url": url, "api_key": api_key}))
        environment = {**stack.settings.environment_for("foundation"), "CALLSHEET_HEADLESS": "on"}
        self.environment = untraced() | {k: v for k, v in environment.items() if k.startswith("CALLSHEET_")}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run a command that is talked to."""
        command = [sys.executable, "-c", "from cli.main import run; run()", *words]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, text=True, **pipes)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run a command to its end: exit status, data, talk."""
        process = self.start(*words)
        said, talked = process.communicate(timeout=150)
        (self.stack.folder / "shell.log").open("a").write(said + talked)
        return process.returncode, said, talked


@pytest.fixture(scope="module")
def shell(whole) -> Shell:
    return Shell(whole.stack, whole.gateway.api_key)


def test_an_account_is_disconnected_and_connected_again_in_a_window_with_its_id_and_history(whole, shell: Shell):
    before = whole.gateway.http.get("/api/accounts/instagram/demo").json()
    task = whole.comment("Before the account was disconnected.")
    whole.until(task["id"], "completed")
    profile = shell.stack.settings.home / "profiles" / "instagram" / before["id"]
    assert profile.is_dir()
    status, _, talked = shell.run("account", "disconnect", "instagram", "@demo")
    assert (status, profile.exists()) == (0, False), talked
    waiting = whole.comment("While it was disconnected.")
    gates = whole.gateway.http.get(f"/api/scheduler/task/{waiting['id']}/explain").json()["gates"]
    assert "disconnected by local owner" in next(g["reason"] for g in gates if g["gate"] == "connection")

    status, said, talked = shell.run("account", "connect", "instagram", "@demo", "--chromium", "--practice", "--json")
    assert status == 0, talked
    account = json.loads(said)
    assert (account["id"], account["state"]) == (before["id"], "connected")
    assert (account["health"]["ok"], account["health"]["signed_in_as"]) == (True, "demo")
    assert "comment_composer" in account["health"]["found"]
    whole.until(waiting["id"], "completed")


def test_a_check_lists_every_place_and_writes_nothing(whole, shell: Shell):
    arrived = len(whole.stack.truth())
    status, said, talked = shell.run("account", "check", "tiktok", "demo")
    assert status == 0, talked
    assert "comment_composer" in said
    assert "Signed in as demo" in talked
    assert len(whole.stack.truth()) == arrived
    status, said, _ = shell.run("account", "list", "--json")
    health = next(one["health"] for one in json.loads(said)["items"] if one["platform"] == "tiktok")
    assert health["ok"]


def test_a_login_wall_pauses_the_account_and_says_what_to_do_and_a_sign_in_opens_it_again(whole, shell: Shell):
    whole.stack.fault("tiktok", "logged_out")
    status, _, talked = shell.run("account", "check", "tiktok", "demo")
    assert status == 1, talked
    account = whole.gateway.http.get("/api/accounts/tiktok/demo").json()
    assert (account["state"], account["code"]) == ("paused", "logged_out")
    assert "callsheet account connect" in account["what_to_do"]
    status, _, talked = shell.run("account", "connect", "tiktok", "demo", "--chromium", "--practice")
    assert status == 0, talked
    assert whole.gateway.http.get("/api/accounts/tiktok/demo").json()["state"] == "connected"


def test_somebody_elses_sign_in_connects_nothing(whole, shell: Shell):
    status, _, talked = shell.run("account", "connect", "instagram", "@somebody", "--chromium", "--practice")
    assert status == 1
    assert "demo is signed in, somebody was expected" in " ".join(talked.split())
    assert whole.gateway.http.get("/api/accounts/instagram/somebody").status_code == 404


async def test_two_accounts_of_a_platform_on_one_host_write_each_under_its_own_name(whole):
    gateway, origin = whole.gateway, f"{whole.stack.sandbox_url}/instagram"
    where = {"platform": "instagram", "handle": "nord", "transport": "chromium", "host": "local", "practice": True}
    persona = gateway.http.get("/api/personas").json()["items"][0]["id"]
    nord = gateway.post("/api/accounts", where | {"persona": persona}).raise_for_status().json()
    gateway.query("UPDATE accounts SET state = 'connected' WHERE handle = 'nord'")
    texts = {who: [f"{who} was here, {number}." for number in range(2)] for who in ("demo", "nord")}
    tasks = [
        whole.comment(text, post=number, account=who) for who, said in texts.items() for number, text in enumerate(said)
    ]

    # In the new account's profile the other one is signed in.
    wait_for("it pauses", lambda: gateway.http.get("/api/accounts/instagram/nord").json()["code"] == "wrong_account")
    for task in tasks[:2]:
        whole.until(task["id"], "completed")
    assert [whole.arrived(text) for text in texts["nord"]] == [0, 0]

    browser = Chromium(whole.stack.settings)
    async with browser.session(AccountFacts(nord["id"], "instagram", "nord", origin, credentials={})) as session:
        await session.driver.open(f"{origin}/_signin?as=nord")
    await browser.close()
    gateway.post("/api/accounts/instagram/nord/resume").raise_for_status()
    for task in tasks:
        whole.until(task["id"], "completed")
    said = {(row["account"], row["text"]) for row in whole.stack.truth() if " was here, " in row["text"]}
    assert said == {(who, text) for who, mine in texts.items() for text in mine}


def test_safari_is_the_browser_of_a_host_that_is_known(shell: Shell):
    status, _, talked = shell.run("account", "connect", "instagram", "@me", "--safari", "mac")
    assert status == 1
    assert "There is no host 'mac'" in talked


def test_a_real_account_is_not_connected_before_its_rule_is_read_and_accepted(whole, shell: Shell):
    process = shell.start("account", "connect", "instagram", "@real", "--chromium")
    _, talked = process.communicate("n\n", timeout=60)
    assert process.returncode == 1
    assert "Instagram's terms of use allow nobody" in talked
    assert whole.gateway.query("SELECT 1 FROM consents") == []


def test_personas_are_made_and_listed(shell: Shell):
    status, said, talked = shell.run("persona", "create", "Nord", "--voice", "dry", "--language", "de", "--json")
    assert (status, json.loads(said)["voice"]) == (0, "dry"), talked
    assert "Nord" in shell.run("persona", "list")[1]


@pytest.mark.timeout(60)
async def test_the_window_waits_until_the_person_has_signed_in(whole, tmp_path: Path, monkeypatch):
    settings = whole.stack.settings.model_copy(update={"home": tmp_path, "headless": "on", "sign_in_s": 60})
    origin = f"{whole.stack.sandbox_url}/instagram"
    account = AccountFacts("01990f3b-0001-7000-8000-00000000000a", "instagram", "nord", origin, credentials={})
    opened = []
    launch = Chromium._launch

    async def signed_out(self, facts):
        warm = await launch(self, facts)
        await warm.page.goto(f"{origin}/accounts/logout/")
        opened.append(warm.page)
        return warm

    monkeypatch.setattr(Chromium, "_launch", signed_out)
    waiting = asyncio.create_task(sign_in_window.sign_in(settings, account))
    while not (opened and "/accounts/login" in opened[0].url):
        assert not waiting.done(), waiting.result()
        await asyncio.wait([waiting], timeout=0.05)
    form = opened[0].locator("input[name='username']")
    await form.fill("nord")
    await opened[0].locator("input[name='password']").fill("anything")
    assert not waiting.done()
    await opened[0].keyboard.press("Enter")
    assert await waiting == "nord"


@pytest.fixture
def apart(database, tmp_path) -> Iterator[tuple[Stack, Shell]]:
    """A gateway in a process of its own, over a platform that signs in at a local OAuth server."""
    more = {"egress_allowed": "127.0.0.0/8", "oauth_clients": f"oauthland={APP}:{APP_SECRET}"}
    settings = database.model_copy(update=more)
    stack = Stack(settings, tmp_path / "stack", traced=False)
    key = bootstrap_local(settings, []).api_key
    assert key is not None
    yield stack, Shell(stack, key)
    stack.stop_all()


def test_an_account_is_connected_by_oauth_and_its_tokens_are_nowhere_to_be_read(apart):
    stack, shell = apart
    with oauth_server() as provider:
        stack.start("gateway", "-m", "tests.support.oauth_gateway", OAUTHLAND_URL=provider.url)
        wait_for("the gateway answers", lambda: _answers(stack))
        process = shell.start("account", "connect", "oauthland", "@studio.nord", "--oauth", "--json")
        assert process.stderr is not None
        url = next(line for line in process.stderr if line.startswith(provider.url)).strip()
        came = httpx.get(url, trust_env=False).headers["Location"]
        said, talked = process.communicate(f"{came}\n", timeout=60)
        assert process.returncode == 0, talked
        account = json.loads(said)
        assert (account["handle"], account["state"], account["sign_in"]) == ("studio.nord", "connected", "oauth")
        again = shell.run("account", "list")
        assert shell.run("account", "disconnect", "oauthland", "studio.nord")[0] == 0
        assert provider.grants[0].access == set()
    seen = "".join([said, talked, *again[1:], stack.log_of("gateway"), _database(stack), _wire(stack)])
    assert "studio.nord" in seen
    assert "canary" not in seen
    assert APP_SECRET not in seen
    assert next(iter(provider.codes)) not in seen.replace(url, "")


def _answers(stack: Stack) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{stack.settings.port}/livez", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _database(stack: Stack) -> str:
    address = stack.settings.database_url_for("owner").replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        rows = [connection.execute(f"SELECT t::text FROM {name} t").fetchall() for (name,) in tables.fetchall()]
    return "".join(row[0] for found in rows for row in found)


def _wire(stack: Stack) -> str:
    wire = redis.Redis.from_url(stack.settings.broker_url(), decode_responses=True)
    return "".join(f"{key}={wire.dump(key)!r}" for key in wire.scan_iter(count=500)) if wire.dbsize() < 5_000 else ""


async def test_a_person_who_comes_back_from_another_site_is_connected_by_the_page(database, monkeypatch):
    """The cookie is strict, so a visit from the platform's page shows none; `localhost` is another site than `127.0.0.1`."""
    more = {"egress_allowed": "127.0.0.0/8", "oauth_clients": f"oauthland={APP}:{APP_SECRET}"}
    with oauth_server() as provider:
        manifest = provider.manifest(authorize_url=provider.url.replace("127.0.0.1", "localhost") + "/authorize")
        provider.connect(monkeypatch, manifest)
        with serve(database.model_copy(update=more)) as house:
            for workspace in ("other", "local"):
                add_person(house.settings, "ada@example.org", workspace)
            async with async_playwright() as playwright:
                path = find_executable("", playwright.chromium.executable_path)
                browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                page = await (await browser.new_context()).new_page()
                assert await _come_back(page, house) == "studio.nord on oauthland is connected. You can close this page."
                assert page.url == f"{house.url}/oauth/back"
                await browser.close()
            assert house.http.get("/api/accounts/oauthland/studio.nord").json()["state"] == "connected"


async def _come_back(page: Page, house: Gateway) -> str:
    """Sign in, begin, agree at the other site, and answer what the page says then."""
    await page.goto(f"{house.url}/oauth/back?state=nobody")
    assert "Nobody is signed in" in await _said(page)
    body = {"email": "ada@example.org", "password": PASSWORD, "cookies": True}
    persona = house.http.get("/api/personas").json()["items"][0]["id"]
    url = await page.evaluate(BEGIN, [body, house.workspace_id, persona])
    await page.goto(url)
    return await _said(page)


async def _said(page: Page) -> str:
    await page.wait_for_selector("#said[data-ready]")
    return await page.inner_text("#said")


BEGIN = """async ([person, workspace, persona]) => {
  const post = (path, body) => fetch(path, {
    method: "POST", body: JSON.stringify(body),
    headers: { "content-type": "application/json", "x-workspace": workspace } });
  const answer = await post("/api/auth/login", person);
  if (!answer.ok) throw new Error(await answer.text());
  return (await (await post("/api/accounts/oauthland/connect", { persona })).json()).authorize_url;
}"""
