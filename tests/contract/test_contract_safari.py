"""Does Safari's driver survive what happens to Safari, say what it means, and ask little?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from connectors.browser.download import download
from connectors.browser.driver import Locator, Way
from connectors.contract.action import Request
from connectors.contract.content import CommentContent
from connectors.registry import load_action
from shared.errors import NotConfigured, OutcomeUnknown, Transient
from tests.contract.kit import Sandbox, a_text, facts, soon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from connectors.browser.driver import BrowserSession
    from connectors.browser.safari.driver import Safari
    from connectors.contract.action import AccountFacts
    from tests.contract.kit import Pools
    from tests.support.safari.mac import Mac

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BUTTON = Locator("button", (Way(css="#go"),), "this test")
INPUT = Locator("input", (Way(css="#file"),), "this test")
CLICKABLE = """() => {
  document.body.innerHTML = '<button id="go">Go</button>';
  window.heard = 0;
  document.querySelector("#go").addEventListener("click", () => { window.heard += 1; });
}"""
HOSTILE = [
    '"; end tell', "\\\"' ` ${x} {{y}} %s", 'do shell script "touch /tmp/x"', "line\nbreak\r\nand\ttab", "« » ¬ -- #",
    "\U0001f469\u200d\U0001f467 שלום مرحبا \u202eevil\u202c", "</script><script>alert(1)</script>", "\u2028\u2029",
    "again", "install", "missing value",
]  # fmt: skip


@pytest.fixture
async def session(safari: Safari, mac: Mac, account: AccountFacts) -> AsyncIterator[BrowserSession]:
    """The window, on a page with one button."""
    mac.control("calm")
    async with safari.session(account) as session:
        await session.driver.open(f"{account.origin}/")
        await session.driver.evaluate(CLICKABLE)
        yield session
    mac.control("calm")


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
async def test_a_comment_takes_at_most_six_round_trips(safari: Safari, sandbox: Sandbox, mac: Mac, platform: str) -> None:
    target = sandbox.ask(f"/_truth/posts?platform={platform}")[0]["url"]
    request = Request(target, CommentContent(text=a_text()), "key")
    action = load_action(platform, "comment", "safari")
    async with safari.session(facts(platform, sandbox)) as session:
        before = session.driver.round_trips  # type: ignore[attr-defined]
        baseline = await action.prepare(session, request)
        receipt = await action.commit(session, request, baseline, soon())
        await action.proof(session, receipt)
        assert session.driver.round_trips - before <= 6  # type: ignore[attr-defined]
    assert len(sandbox.arrived(platform, request.text)) == 1


@pytest.mark.parametrize(
    ("number", "error", "code"),
    [
        (-1743, NotConfigured, "automation_denied"),
        (-1744, NotConfigured, "automation_consent"),
        (8, NotConfigured, "no_javascript"),
        (-1712, Transient, "page_hangs"),
        (-609, Transient, "page_lost"),
        (-600, Transient, "page_lost"),
        (-1728, Transient, "page_lost"),
        (-1719, Transient, "page_lost"),
    ],
)
async def test_an_error_number_means_one_thing(
    session: BrowserSession, mac: Mac, number: int, error: type[Exception], code: str
) -> None:
    mac.trouble(number=number)
    with pytest.raises(error) as caught:
        await session.driver.evaluate("() => 1")
    assert caught.value.code == code  # type: ignore[attr-defined]
    if error is NotConfigured:
        assert caught.value.setting  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [-1712, -609, -128])
async def test_a_click_whose_answer_is_lost_may_have_happened(session: BrowserSession, mac: Mac, number: int) -> None:
    mac.trouble(number=number, when="after", holding="beginBy")
    with pytest.raises(OutcomeUnknown):
        await session.driver.click_before(BUTTON, soon().begin_by)
    assert await session.driver.evaluate("() => window.heard") == 1


@pytest.mark.parametrize("number", [-1743, -600, -1728, 8])
async def test_a_click_that_was_never_sent_is_certain_not_to_have_happened(
    session: BrowserSession, mac: Mac, number: int
) -> None:
    mac.trouble(number=number, holding="beginBy")
    with pytest.raises((Transient, NotConfigured)):
        await session.driver.click_before(BUTTON, soon().begin_by)
    assert await session.driver.evaluate("() => window.heard") == 0


async def test_a_click_is_never_made_twice_also_where_the_library_is_missing(session: BrowserSession) -> None:
    await session.driver.evaluate("() => { delete window.__callsheet; }")
    assert await session.driver.click_before(BUTTON, soon().begin_by) is True
    assert await session.driver.evaluate("() => window.heard") == 1


async def test_hostile_strings_come_through_unharmed(session: BrowserSession) -> None:
    for text in HOSTILE:
        assert await session.driver.evaluate("(text) => text", text) == text
    assert await session.driver.evaluate("(...all) => all", *HOSTILE) == HOSTILE
    assert await session.driver.evaluate("(given) => given", {"__proto__": 1, "a": [None, True, 0.5]}) == {
        "__proto__": 1, "a": [None, True, 0.5],
    }  # fmt: skip


async def test_what_a_script_answers_is_what_it_is(session: BrowserSession) -> None:
    for script, answer in {
        "() => undefined": None,
        "() => null": None,
        "() => false": False,
        "() => 0": 0,
        "async () => [1, 2]": [1, 2],
    }.items():
        assert await session.driver.evaluate(script) == answer
    for wrong in ("() => { throw new Error('no') }", "async () => { throw new Error('no') }", "() => 'x'.repeat(5e6)"):
        with pytest.raises(Transient):
            await session.driver.evaluate(wrong)
    with pytest.raises(Transient):
        await session.driver.evaluate("() => { syntax error", within=0.1)


async def test_a_question_for_a_permission_that_nobody_answers_hangs_no_lane(session: BrowserSession, mac: Mac) -> None:
    mac.trouble(hangs=True)
    with pytest.raises(Transient) as caught:
        await session.driver.evaluate("() => 1", within=0.1)
    assert caught.value.code == "page_hangs"


async def test_a_page_that_is_another_ones_is_not_touched(session: BrowserSession) -> None:
    await session.driver.evaluate("() => { window.name = 'somebody'; }")
    with pytest.raises(Transient):
        await session.driver.click_before(BUTTON, soon().begin_by)


@pytest.mark.parametrize("how", ["close", "quit"])
async def test_a_window_that_is_gone_is_replaced_and_the_one_before_is_closed(
    safari: Safari, mac: Mac, account: AccountFacts, how: str
) -> None:
    async with safari.session(account) as session:
        await session.driver.open(f"{account.origin}/")
    mac.control(how, window=max(mac.control("windows")))
    async with safari.session(account) as session:
        await session.driver.open(f"{account.origin}/")
        assert (await session.driver.address()).startswith(account.origin)
    assert len(mac.control("windows")) == 1


async def test_a_page_cannot_hold_the_lane_up_with_dialogs(session: BrowserSession, account: AccountFacts) -> None:
    await session.driver.evaluate("() => { alert('hello'); confirm('?'); onbeforeunload = () => 'stay'; }")
    await session.driver.open(f"{account.origin}/")
    assert await session.driver.evaluate("() => document.readyState") in {"loading", "interactive", "complete"}


async def test_nothing_that_was_handed_over_stays_behind_or_is_anybody_elses(
    session: BrowserSession, safari: Safari, settings: Any
) -> None:
    await session.driver.evaluate("(text) => text", "private")
    folder = settings.home / "safari"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} == {"library.js", "window.json"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())


@pytest.mark.parametrize("transport", ["chromium", "safari"])
async def test_a_file_is_given_to_a_hidden_input(
    pools: Pools, account: AccountFacts, transport: str, tmp_path: Path
) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(bytes(range(256)) * 2048)
    async with pools.of(transport).session(account) as session:
        await session.driver.open(f"{account.origin}/")
        await session.driver.evaluate(
            """() => {
              document.body.innerHTML = '<input type="file" id="file" style="display:none">';
              document.querySelector("#file").addEventListener("change", (event) => { window.got = event.target.files[0]; });
            }"""
        )
        await session.driver.upload(INPUT, file)
        name, kind, text = await session.driver.evaluate(
            """async () => [window.got.name, window.got.type,
              [...new Uint8Array(await window.got.arrayBuffer())].map((byte) => String.fromCharCode(byte)).join("")]"""
        )
    assert (name, kind) == ("clip.mp4", "video/mp4")
    assert hashlib.sha256(text.encode("latin-1")).digest() == hashlib.sha256(file.read_bytes()).digest()


async def test_a_film_comes_out_of_a_page_whole(session: BrowserSession) -> None:
    address = await session.driver.evaluate(
        "() => URL.createObjectURL(new Blob([Uint8Array.from({ length: 1500000 }, (_, at) => at % 251)]))"
    )
    parts = [part async for part in download(session.driver, address, most=2_000_000)]
    assert b"".join(parts) == bytes(at % 251 for at in range(1_500_000))
