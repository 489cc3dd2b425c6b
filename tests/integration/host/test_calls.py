"""Does a host do each call once, for the session that has the lane, and nothing that is overtaken?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from connectors.browser.driver import Pressed
from connectors.contract.session import LocatorDrift
from host import session
from shared.door import Answer
from shared.errors import OutcomeUnknown, RateLimited, Transient, UiChanged
from tests.support.door import HOST, Asking, Peer, stand_in
from tests.support.host_program import House, running
from tests.support.stack import wait_for

ACCOUNT = {"id": str(uuid4()), "platform": "instagram", "handle": "demo", "origin": "https://www.instagram.com"}
TAKE = {"transport": "chromium", "account": ACCOUNT}
BUTTON = {"name": "submit", "ways": [], "source": "this test"}
CHECK = {"script": "() => ({ go: true })", "arguments": []}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with stand_in() as gateway, running(tmp_path, gateway) as house:
        yield house


@pytest.fixture
async def peer(house: House) -> Peer:
    return await house.gateway.connected()


async def taken(peer: Peer, **how: Any) -> tuple[Asking, Answer]:
    asking = Asking(peer, **how)
    answer = await asking.ask("take", TAKE)
    assert answer.error is None, answer
    return asking, answer


def code(answer: Answer) -> str:
    assert answer.error is not None, answer
    return f"{answer.error['kind']} {answer.error['code']}"


def click(mark: Any, left: Any = 10.0) -> dict[str, Any]:
    return {"locator": BUTTON, "check": CHECK, "mark": mark, "left": left}


async def test_a_session_does_its_calls_in_order_and_leaves_the_site(house, peer):
    house.browsers.answers |= {"open": {"rows": 1}, "address": "https://www.instagram.com/p/1"}
    asking, answer = await taken(peer)
    assert answer.value == {"browser": {"pid": 4711, "identity": "boot/1"}}
    assert (await asking.ask("open", {"url": "https://www.instagram.com/"})).value == {"rows": 1}
    assert (await asking.ask("address")).value == "https://www.instagram.com/p/1"
    assert (await asking.ask("click", {"locator": BUTTON, "within": 1})).error is None
    pressed = await asking.ask("check_and_click", click(answer.mark))
    assert pressed.value == {"clicked": True, "why": "clicked", "seen": {"go": True}}
    assert (await asking.ask("leave")).value == {"drift": []}
    assert house.browsers.done == ["take", "open", "address", "click", "check_and_click", "left"]


async def test_a_number_is_done_once_and_no_other_than_the_next(house, peer):
    asking, _ = await taken(peer)
    first = asking.next("evaluate", {"script": "1"})
    await peer.send(first)
    await peer.answer_to(first)
    assert (
        code(await peer.ask("evaluate", {"script": "1"}, session=asking.id, number=first.number)) == "Transient out_of_order"
    )
    assert (
        code(await peer.ask("evaluate", {"script": "1"}, session=asking.id, number=first.number + 2))
        == "Transient out_of_order"
    )
    assert (await asking.ask("address")).error is None
    assert house.browsers.done == ["take", "evaluate", "address"]


async def test_a_frame_that_comes_twice_is_done_once_and_answered_once(house, peer):
    may_end = asyncio.get_running_loop().create_future()
    house.browsers.answers["check_and_click"] = may_end
    asking, answer = await taken(peer)
    call = asking.next("check_and_click", click(answer.mark))
    await peer.send(call)
    await peer.send(call)
    await peer.ask("evaluate", session="another")  # everything before it has been heard
    assert not peer.waiting[call.id].done()
    may_end.set_result(Pressed(clicked=True, why="clicked"))
    assert (await peer.answer_to(call)).value["clicked"] is True
    assert house.browsers.done.count("check_and_click") == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"connection": 7}, "wrong_connection"),
        ({"lane": "chromium.attic.instagram"}, "wrong_lane"),
        ({"lane": f"safari.{HOST}"}, "no_session"),
        ({"lane": f"chromium.{HOST}.../etc"}, "wrong_lane"),
        ({"token": 4}, "stale_token"),
        ({"token": 6}, "no_session"),
        ({"session": "another"}, "no_session"),
        ({"do": "dance"}, "unknown_call"),
    ],
)
async def test_what_is_not_the_sessions_own_is_not_done(house, peer, wrong, said):
    asking, _ = await taken(peer, token=5)
    wrong = {"do": "evaluate", "session": asking.id, "number": 2, "token": 5} | wrong
    assert code(await peer.ask(wrong.pop("do"), {"script": "1"}, **wrong)) == f"Transient {said}"
    assert house.browsers.done == ["take"]


async def test_a_frame_that_is_none_of_a_host_is_passed_over(house, peer):
    asking, _ = await taken(peer)
    for text in ("", "[]", '{"v":1,"kind":"welcome","host":"x","connection":9}', '{"v":2,"kind":"call"}'):
        await peer.socket.send_text(text)
    await peer.socket.send_text(
        '{"v":1,"kind":"call","id":"x","connection":1,"lane":"l","token":"9","session":"s","number":2,"do":"take"}'
    )
    assert (await asking.ask("address")).error is None


async def test_a_higher_or_equal_token_ends_the_session_before_and_kills_what_runs(house, peer):
    house.browsers.answers["wait_until"] = lambda: asyncio.get_running_loop().create_future()
    first, _ = await taken(peer, token=3)
    hangs = first.next("wait_until", {"script": "x"})
    await peer.send(hangs)
    second, _ = await taken(peer, token=3)
    assert code(await peer.answer_to(hangs)) == "Transient overtaken"
    assert house.browsers.done == ["take", "wait_until", "scripts stopped", "left", "take"]
    third, _ = await taken(peer, token=4)
    assert code(await second.ask("address")) == "Transient stale_token"
    assert (await third.ask("address")).error is None
    assert code(await Asking(peer, token=3).ask("take", TAKE)) == "Transient stale_token"


async def test_a_click_that_is_overtaken_is_unknown_and_what_had_not_begun_was_not_done(house, peer):
    house.browsers.answers["check_and_click"] = lambda: asyncio.get_running_loop().create_future()
    first, answer = await taken(peer)
    clicks, waits = first.next("check_and_click", click(answer.mark)), first.next("evaluate", {"script": "1"})
    await peer.send(clicks)
    await peer.send(waits)
    await taken(peer, token=2)
    assert code(await peer.answer_to(clicks)) == "OutcomeUnknown overtaken"
    assert code(await peer.answer_to(waits)) == "Transient session_ended"
    assert "evaluate" not in house.browsers.done


async def test_a_session_id_is_used_once(house, peer):
    asking, _ = await taken(peer)
    assert code(await peer.ask("take", TAKE, session=asking.id, number=1)) == "Transient session_used"
    assert (await asking.ask("address")).error is None


@pytest.mark.parametrize("account", [{"id": "../../x"}, {"platform": "tiktok"}, {"platform": ".."}, {"id": None}])
async def test_an_account_that_is_none_of_the_lane_gets_no_browser(house, peer, account):
    given = TAKE | {"account": ACCOUNT | account}
    assert code(await Asking(peer).ask("take", given)) == "Transient bad_call"
    assert house.browsers.done == []


async def test_highest_tokens_are_remembered_over_a_restart(tmp_path):
    async with stand_in() as gateway:
        async with running(tmp_path, gateway):
            await taken(await gateway.connected(1), token=7)
        async with running(tmp_path, gateway) as house:
            peer = await gateway.connected(2)
            assert code(await Asking(peer, token=6).ask("take", TAKE)) == "Transient stale_token"
            assert house.browsers.done == []
            await taken(peer, token=7)


async def test_a_token_that_cannot_be_written_down_does_nothing(house, peer, tmp_path):
    (tmp_path / "door" / "tokens.json").mkdir()
    assert code(await Asking(peer).ask("take", TAKE)) == "Transient token_not_kept"
    assert house.browsers.done == []


async def test_lanes_do_their_calls_side_by_side(house, peer):
    may_end = asyncio.get_running_loop().create_future()
    house.browsers.answers["wait_until"] = may_end
    first, _ = await taken(peer)
    hangs = first.next("wait_until", {"script": "x"})
    await peer.send(hangs)
    other = Asking(peer, lane=f"chromium.{HOST}.tiktok")
    await other.ask("take", TAKE | {"account": ACCOUNT | {"platform": "tiktok"}})
    assert (await other.ask("address")).error is None
    may_end.set_result(1)
    assert (await peer.answer_to(hangs)).value == 1


async def test_a_click_says_which_way_has_found_its_place(house, peer):
    house.browsers.answers["click"] = 7
    asking, _ = await taken(peer)
    assert (await asking.ask("click", {"locator": BUTTON})).value == {"then": 7, "index": 0}
    house.browsers.drifts = (LocatorDrift("submit", 3, 3),)
    assert (await asking.ask("click", {"locator": BUTTON})).value == {"then": 7, "index": 2}
    drift = (await asking.ask("leave")).value["drift"]
    assert drift == [{"locator": "submit", "way": 3, "ways": 3}]


async def test_a_session_in_which_nobody_asks_anything_leaves_its_site(house, peer, monkeypatch):
    monkeypatch.setattr(session, "SILENT_S", 0.05)
    asking, _ = await taken(peer)
    await asyncio.to_thread(wait_for, "the site is left", lambda: "left" in house.browsers.done)
    assert code(await asking.ask("address")) == "Transient no_session"


async def test_only_the_web_is_opened(house, peer):
    asking, _ = await taken(peer)
    for url in ("file:///etc/passwd", "javascript:alert(1)", "chrome://settings", ""):
        assert code(await asking.ask("open", {"url": url})) == "Transient bad_address"
    assert house.browsers.done == ["take"]


async def test_a_late_click_is_not_made(house, peer):
    asking, answer = await taken(peer)
    late = await asking.ask("check_and_click", click(answer.mark, 0.0))
    assert late.value == {"clicked": False, "why": "late", "seen": None}
    assert house.browsers.done == ["take"]


@pytest.mark.parametrize("mark", ["future", None, "12", True, float("nan"), -1.0])
async def test_a_mark_that_this_host_never_gave_is_refused(house, peer, mark):
    asking, answer = await taken(peer)
    mark = answer.mark + 1000 if mark == "future" else mark
    assert code(await asking.ask("check_and_click", click(mark))) == "Transient bad_mark"
    assert code(await asking.ask("check_and_click", {"locator": BUTTON, "mark": answer.mark})) == "Transient bad_mark"
    assert house.browsers.done == ["take"]


@pytest.mark.parametrize("by", [0.06, -3600.0])
async def test_a_clock_that_is_set_while_it_clicks_makes_the_outcome_unknown(house, peer, by):
    def click_and_set() -> Pressed:
        house.wall.by += by
        return Pressed(clicked=True, why="clicked")

    house.browsers.answers["check_and_click"] = click_and_set
    asking, answer = await taken(peer)
    assert code(await asking.ask("check_and_click", click(answer.mark))) == "OutcomeUnknown clock_stepped"


async def test_a_click_that_was_certainly_not_made_stays_so_whatever_the_clock_did(house, peer):
    def set_alone() -> Pressed:
        house.wall.by += 60
        return Pressed(clicked=False, why="covered")

    house.browsers.answers["check_and_click"] = set_alone
    asking, answer = await taken(peer)
    assert (await asking.ask("check_and_click", click(answer.mark))).value["why"] == "covered"


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (Transient(code="page_lost"), "Transient page_lost"),
        (OutcomeUnknown(code="click_unknown"), "OutcomeUnknown click_unknown"),
        (RateLimited(), "OutcomeUnknown rate_limited"),
        (UiChanged(), "OutcomeUnknown ui_changed"),
        (ZeroDivisionError(), "OutcomeUnknown click_unknown"),
        (KeyError("x"), "OutcomeUnknown click_unknown"),
    ],
)
async def test_a_click_is_transient_only_where_it_certainly_was_not_made(house, peer, raised, said):
    house.browsers.answers["check_and_click"] = raised
    asking, answer = await taken(peer)
    assert code(await asking.ask("check_and_click", click(answer.mark))) == said


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (RateLimited(), "RateLimited rate_limited"),
        (ZeroDivisionError(), "Transient host_error"),
        (KeyError("x"), "Transient bad_call"),
    ],
)
async def test_other_steps_say_what_went_wrong(house, peer, raised, said):
    house.browsers.answers["evaluate"] = raised
    asking, _ = await taken(peer)
    assert code(await asking.ask("evaluate", {"script": "1"})) == said
    assert (await asking.ask("address")).error is None


async def test_an_answer_that_is_too_long_says_so(house, peer):
    house.browsers.answers["evaluate"] = "x" * 3_000_000
    asking, answer = await taken(peer)
    assert code(await asking.ask("evaluate", {"script": "1"})) == "Transient answer_too_long"
    house.browsers.answers["check_and_click"] = Pressed(clicked=True, why="clicked", seen="x" * 3_000_000)
    assert code(await asking.ask("check_and_click", click(answer.mark))) == "OutcomeUnknown answer_too_long"


async def test_a_lost_connection_ends_its_sessions_at_once_and_drops_their_answers(house, peer):
    house.browsers.answers["check_and_click"] = lambda: asyncio.get_running_loop().create_future()
    asking, answer = await taken(peer)
    await peer.send(asking.next("check_and_click", click(answer.mark)))
    await peer.ask("evaluate", session="another")
    await peer.socket.close(1011)
    again = await house.gateway.connected(2)
    assert house.browsers.done == ["take", "check_and_click", "scripts stopped", "left"]
    later = Asking(again, id=asking.id, number=asking.number)
    assert code(await later.ask("address")) == "Transient no_session"
    await again.next_state()


async def test_a_stop_begins_nothing_and_lets_what_was_clicked_be_read(house, peer):
    asking, answer = await taken(peer)
    other = Asking(peer, lane=f"chromium.{HOST}.tiktok")
    await other.ask("take", TAKE | {"account": ACCOUNT | {"platform": "tiktok"}})
    await asking.ask("check_and_click", click(answer.mark))
    stopping = asyncio.create_task(house.door.stop(30))
    await asyncio.sleep(0)
    assert code(await other.ask("check_and_click", click(answer.mark))) == "Transient host_stops"
    assert code(await Asking(peer, token=2).ask("take", TAKE)) == "Transient host_stops"
    assert (await asking.ask("wait_until", {"script": "x"})).error is None
    assert not stopping.done()
    assert (await asking.ask("leave")).error is None
    await stopping


async def test_the_end_of_a_lane_is_proved_and_keeps_lower_tokens_out(house, peer):
    house.browsers.answers["wait_until"] = lambda: asyncio.get_running_loop().create_future()
    asking, _ = await taken(peer, token=5)
    hangs = asking.next("wait_until", {"script": "x"})
    await peer.send(hangs)
    ended = await peer.ask("end", {"platform": "instagram", "account_id": ACCOUNT["id"]}, token=5)
    assert ended.value == {"ended": True}
    assert code(await peer.answer_to(hangs)) == "Transient ended"
    assert house.browsers.done[-2:] == ["left", "ended instagram"]
    assert code(await Asking(peer, token=5).ask("take", TAKE)) == "Transient stale_token"
    await taken(peer, token=6)


async def test_an_end_that_is_not_proved_says_so(house, peer):
    house.browsers.proved = False
    assert (await peer.ask("end", {"platform": "instagram", "account_id": None}, token=5)).value == {"ended": False}
    asking, _ = await taken(peer, token=6)
    ended = await peer.ask("end", {"platform": "instagram", "account_id": None}, token=5, within=0.01)
    assert ended.value == {"ended": False}
    assert (await asking.ask("address")).error is None


async def test_files_go_by_requests_of_their_own(house, peer):
    house.gateway.files["a" * 32] = b"film"
    asking, _ = await taken(peer)
    upload = {"locator": BUTTON, "file": "a" * 32, "name": "../../film.mp4", "within": 5}
    assert (await asking.ask("upload", upload)).error is None
    assert "film.mp4: b'film'" in house.browsers.done
    shot = await asking.ask("screenshot")
    assert house.gateway.files[shot.value["file"]] == b"\x89PNG"
    changed = await asking.ask("ui_changed", {"locator": "x", "message": "gone"})
    assert code(changed) == "UiChanged ui_changed"
    assert changed.error["evidence"].keys() == {"html", "screenshot_file"}
    assert house.gateway.files[changed.error["evidence"]["screenshot_file"]] == b"jpg"
    for wrong in ("b" * 32, "../join", "%2e%2e"):
        assert code(await asking.ask("upload", upload | {"file": wrong})).startswith("Transient file_")
    house.gateway.files["c" * 32] = b"x" * 1001
    assert code(await asking.ask("upload", upload | {"file": "c" * 32})) == "ContentRejected media_too_large"
