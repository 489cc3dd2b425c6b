"""Does a browser survive what happens to browsers, and does the pool keep its promises?"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from playwright.async_api import Response

from connectors.browser.chromium import processes
from connectors.browser.chromium.driver import Chromium
from connectors.browser.driver import Locator, Way
from connectors.contract.action import NotBegun, Request
from connectors.contract.content import CommentContent
from connectors.registry import load_action
from shared.errors import NotConfigured, OutcomeUnknown, Transient
from shared.process_identity import identity_of
from tests.contract.kit import Sandbox, a_text, facts, soon

if TYPE_CHECKING:
    from connectors.contract.action import AccountFacts
    from connectors.contract.session import LocalBrowser
    from shared.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BUTTON = Locator("button", (Way(css="#go"),), "this test")
CLICKABLE = """(attributes) => {
  document.body.innerHTML = `<button id="go" ${attributes}>Go</button>`;
  window.heard = [];
  const names = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];
  for (const name of names) document.querySelector("#go").addEventListener(name, () => window.heard.push(name));
}"""


def running(browser: LocalBrowser | None) -> bool:
    """Whether the process is there."""
    return browser is not None and processes.Browser(browser.pid, browser.identity).process() is not None


async def comment(pool: Chromium, account: AccountFacts, sandbox: Sandbox) -> int:
    """Comment once, and answer how often it arrived."""
    target = sandbox.ask("/_truth/posts?platform=instagram")[0]["url"]
    request = Request(target, CommentContent(text=a_text()), "key")
    action = load_action("instagram", "comment", "chromium")
    async with pool.session(account) as session:
        baseline = await action.prepare(session, request)
        await action.commit(session, request, baseline, soon())
    return len(sandbox.arrived("instagram", request.text))


async def test_the_browser_stays_open_and_the_pool_names_its_process(pool: Chromium, account: AccountFacts) -> None:
    async with pool.session(account):
        first = pool.browser_of(account.id)
    async with pool.session(account):
        assert pool.browser_of(account.id) == first
    assert first is not None
    process = psutil.Process(first.pid)
    assert identity_of(process.pid) == first.identity
    assert any(argument.startswith("--user-data-dir=") for argument in process.cmdline())
    assert pool.browser_of("nobody") is None


@pytest.mark.parametrize("when", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_browser_killed_or_stopped_between_prepare_and_commit_costs_nothing_but_the_attempt(
    pool: Chromium, account: AccountFacts, sandbox: Sandbox, when: signal.Signals
) -> None:
    target = sandbox.ask("/_truth/posts?platform=instagram")[1]["url"]
    request = Request(target, CommentContent(text=a_text()), "key")
    action = load_action("instagram", "comment", "chromium")
    async with pool.session(account) as session:
        session.driver.patience = 1.0  # type: ignore[attr-defined]
        baseline = await action.prepare(session, request)
        identity = pool.browser_of(account.id)
        assert identity is not None
        os.kill(identity.pid, when)
        with pytest.raises((NotBegun, OutcomeUnknown)):
            await action.commit(session, request, baseline, soon(end=2))
    assert sandbox.arrived("instagram", request.text) == []
    assert await comment(pool, account, sandbox) == 1
    assert not running(identity)


async def test_a_dead_workers_browser_is_ended_before_its_profile_is_used(settings: Settings, sandbox: Sandbox) -> None:
    account = facts("instagram", sandbox, "taken-over")
    dead, heir = Chromium(settings), Chromium(settings)
    try:
        async with dead.session(account):
            left = dead.browser_of(account.id)
        assert running(left)
        assert await comment(heir, account, sandbox) == 1
        assert not running(left)
        assert running(heir.browser_of(account.id))
        assert await comment(dead, account, sandbox) == 1
    finally:
        await heir.close()
        await dead.close()


async def test_playwrights_own_process_is_started_again_when_it_has_died(settings: Settings, sandbox: Sandbox) -> None:
    account, pool = facts("instagram", sandbox, "without-a-driver"), Chromium(settings)
    before = set(psutil.Process().children())
    try:
        assert await comment(pool, account, sandbox) == 1
        (driver,) = [child for child in psutil.Process().children() if child not in before]
        driver.kill()
        driver.wait()
        assert await comment(pool, account, sandbox) == 1
    finally:
        await pool.close()


async def test_browsers_are_recycled_and_closed_when_idle_and_leave_nothing(settings: Settings, sandbox: Sandbox) -> None:
    account = facts("tiktok", sandbox, "short-lived")
    pool = Chromium(settings.model_copy(update={"browser_recycle_after": 2, "browser_idle_s": 0.001}))
    before = loads_kept()
    try:
        async with pool.session(account) as session:
            await session.driver.open(account.origin)
            first = pool.browser_of(account.id)
            assert await pool.close_idle() == 0
        # Playwright keeps each load of a page for as long as the page is open (13 KB an action, measured).
        assert loads_kept() > before
        async with pool.session(account):
            assert pool.browser_of(account.id) == first
        assert not running(first)
        assert loads_kept() == before
        async with pool.session(account) as session:
            await session.driver.open(account.origin)
            assert running(pool.browser_of(account.id))
        await asyncio.sleep(0.01)
        assert await pool.close_idle() == 1
        assert pool.browser_of(account.id) is None
        assert loads_kept() == before
    finally:
        await pool.close()


def loads_kept() -> int:
    """How many loads of a page this process holds in memory."""
    gc.collect()
    return sum(type(one) is Response for one in gc.get_objects())


async def test_a_missing_or_broken_browser_names_the_setting(settings: Settings, account: AccountFacts) -> None:
    for wrong in ("/nonexistent/chromium", "/bin/true"):
        pool = Chromium(settings.model_copy(update={"browser": wrong}))
        with pytest.raises(NotConfigured) as caught:
            async with pool.session(account):
                pytest.fail("there is no browser")
        assert caught.value.setting == "CALLSHEET_BROWSER"
        await pool.close()


@pytest.mark.parametrize(
    "attributes", ["disabled", 'aria-disabled="true"', 'style="display:none"', 'style="visibility:hidden"']
)
async def test_the_one_click_is_not_made_on_a_button_that_is_not_ready(
    pool: Chromium, account: AccountFacts, attributes: str
) -> None:
    async with pool.session(account) as session:
        await session.driver.open(f"{account.origin}/")
        await session.driver.evaluate(CLICKABLE, attributes)
        assert await session.driver.click_before(BUTTON, soon().begin_by) is False
        assert await session.driver.evaluate("() => window.heard") == []


async def test_the_one_click_is_a_whole_press_made_once(pool: Chromium, account: AccountFacts) -> None:
    async with pool.session(account) as session:
        await session.driver.open(f"{account.origin}/")
        await session.driver.evaluate(CLICKABLE, "")
        assert await session.driver.click_before(BUTTON, soon().begin_by) is True
        heard = await session.driver.evaluate("() => window.heard")
    assert heard == ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]


async def test_dialogs_new_tabs_and_questions_whether_to_stay_do_not_stop_a_task(
    pool: Chromium, account: AccountFacts, sandbox: Sandbox
) -> None:
    async with pool.session(account) as session:
        await session.driver.open(f"{account.origin}/")
        await session.driver.click(Locator("body", (Way(css="main"),), "this test"))
        await session.driver.evaluate(
            "() => { setTimeout(() => alert('hello')); window.open(location.href); onbeforeunload = () => 'stay'; }"
        )
    assert await comment(pool, account, sandbox) == 1


async def test_a_site_that_is_not_there_is_transient(pool: Chromium, account: AccountFacts) -> None:
    async with pool.session(account) as session:
        with pytest.raises(Transient) as caught:
            await session.driver.open("http://127.0.0.1:1/")
    assert caught.value.code == "page_unreachable"


async def test_a_script_that_never_answers_is_bounded(pool: Chromium, account: AccountFacts, sandbox: Sandbox) -> None:
    async with pool.session(account) as session:
        with pytest.raises(Transient) as caught:
            await session.driver.evaluate("() => { for (;;) {} }", within=0.3)
    assert caught.value.code == "page_hangs"
    assert await comment(pool, account, sandbox) == 1


async def test_locators_from_the_home_replace_ours_and_a_way_that_is_no_css_is_named(
    pool: Chromium, settings: Settings, account: AccountFacts, sandbox: Sandbox
) -> None:
    folder = settings.home / "selectors"
    folder.mkdir(exist_ok=True)
    file = folder / "instagram.toml"
    good: dict[str, Any] = {"gone": "#not-there", "good": "textarea"}
    try:
        file.write_text(f"[comment_composer]\nsource='test'\nways=[{{css='{good['gone']}'}}, {{css='{good['good']}'}}]\n")
        assert await comment(pool, account, sandbox) == 1
        file.write_text("[comment_composer]\nsource='test'\nways=[{css='textarea[['}]\n")
        with pytest.raises(NotConfigured) as caught:
            await comment(pool, account, sandbox)
        assert caught.value.code == "bad_selectors"
    finally:
        file.unlink()
