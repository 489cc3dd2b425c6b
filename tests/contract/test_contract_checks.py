"""Does every check of an account say who is signed in and what is where, and write nothing?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from connectors.browser.driver import Locator, Way
from connectors.browser.pages.selectors import load_locators
from connectors.registry import load_reader
from shared.errors import RateLimited
from tests.contract.kit import Pools, Sandbox, browsers_with, facts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from connectors.contract.reading import HealthReading

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Checking:
    """One platform's check on its practice site, over one browser."""

    def __init__(self, platform: str, transport: str, sandbox: Sandbox, pools: Pools) -> None:
        self.platform, self.transport, self.sandbox, self.pool = platform, transport, sandbox, pools.of(transport)
        self.account = facts(platform, sandbox)

    async def read(self) -> HealthReading:
        async with self.pool.session(self.account) as session:
            found: HealthReading = await load_reader(self.platform, "check", self.transport).read(session)
            return found


@pytest.fixture(params=browsers_with("check"))
async def checking(request, sandbox: Sandbox, pools: Pools) -> AsyncIterator[Checking]:
    sandbox.disarm()
    yield Checking(*request.param, sandbox, pools)
    sandbox.disarm()


async def test_a_healthy_account_shows_its_handle_and_every_expected_place(checking: Checking) -> None:
    before = checking.sandbox.ask("/_truth/effects")
    found = await checking.read()
    assert (found.signed_in_as, found.missing, found.code) == ("demo", (), "")
    assert "signed_in" in found.found
    assert found.otherwise == ()
    assert checking.sandbox.ask("/_truth/effects") == before


async def test_nothing_is_both_found_and_missing_and_nothing_is_left_out(checking: Checking) -> None:
    found = await checking.read()
    names = [*found.found, *found.missing, *found.not_seen]
    check = load_reader(checking.platform, "check", checking.transport)
    assert sorted(names) == sorted(load_locators(check.folder / "selectors.toml"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["wrong_account", "logged_out", "challenge"])
async def test_what_is_wrong_with_the_sign_in_is_told(checking: Checking, code: str) -> None:
    checking.sandbox.arm(checking.platform, code)
    found = await checking.read()
    assert found.code == code
    assert found.message


async def test_another_accounts_browser_is_noticed(checking: Checking) -> None:
    checking.account = replace(checking.account, handle="somebody")
    found = await checking.read()
    assert (found.code, found.signed_in_as) == ("wrong_account", "demo")


async def test_a_place_that_only_another_way_finds_is_told(checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(file: Path, overrides: Path | None = None) -> dict[str, Locator]:
        known = dict(load_locators(file, overrides))
        ways = (Way(test_id="gone"), *known["signed_in"].ways)
        return known | {"signed_in": replace(known["signed_in"], ways=ways)}

    monkeypatch.setattr("connectors.browser.check.load_locators", moved)
    found = await checking.read()
    assert (found.missing, found.otherwise) == ((), ("signed_in",))
    assert "signed_in" not in found.as_usual


async def test_a_place_that_has_moved_is_missing(checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.browser.check.DRAWN_S", 1.0)  # it never comes
    if checking.platform == "sora":
        pytest.skip("its changed layout changes words and no places; test_contract_readings reads those")
    checking.sandbox.arm(checking.platform, "layout_changed", count=5)
    found = await checking.read()
    assert found.missing


async def test_a_site_that_asks_for_a_pause_says_nothing_about_the_account(checking: Checking, monkeypatch) -> None:
    from connectors.browser.chromium import page as chromium_page
    from connectors.browser.safari import page as safari_page

    async def paused(*_: object, **__: object) -> None:
        raise RateLimited(message="The site answered 429 Too Many Requests.")

    monkeypatch.setattr(chromium_page.ChromiumPage, "open", paused)
    monkeypatch.setattr(safari_page.SafariPage, "open", paused)
    with pytest.raises(RateLimited):
        await checking.read()
