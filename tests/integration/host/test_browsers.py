"""Does the whole program of a host do a comment through the door, in a real Chromium and in the stand-in Safari, once?"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from connectors.browser.chromium.processes import find_browsers, find_scripts
from connectors.browser.door_calls import locator_as_json
from connectors.browser.driver import Locator, Way
from host.membership import SHUT_OUT
from tests.integration.sandbox.process import Sandbox, running
from tests.support.door import HOST, Asking, stand_in
from tests.support.host_program import program
from tests.support.safari.mac import Mac, a_mac
from tests.support.stack import wait_for

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
FIELD = Locator("field", (Way(css="textarea"),), "this test")
POST = Locator("post", (Way(role="button", name="Post"),), "this test")
THERE = "(ways) => locate(ways) !== null"
TYPE = "(ways, text) => { const hit = locate(ways); if (!hit) return null; put(hit.element, text); return { index: 0 }; }"
STANDS = "(text) => document.body.innerText.includes(text)"
GO = {"script": "() => ({ go: true })", "arguments": []}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory):
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def mac():
    with a_mac() as mac:
        yield mac


def account(sandbox: Sandbox) -> dict[str, Any]:
    return {"id": str(uuid4()), "platform": "instagram", "handle": "demo", "origin": f"{sandbox.url}/instagram"}


async def value(asking: Asking, do: str, given: dict[str, Any] | None = None) -> Any:
    answer = await asking.ask(do, given)
    assert answer.error is None, answer
    return answer.value


async def comment(asking: Asking, transport: str, who: dict[str, Any], sandbox: Sandbox, text: str) -> None:
    """What a comment asks of its page, up to the proof."""
    await click(asking, transport, who, sandbox, text)
    await read(asking, text)


async def click(asking: Asking, transport: str, who: dict[str, Any], sandbox: Sandbox, text: str) -> None:
    """What it asks up to the click."""
    await value(asking, "take", {"transport": transport, "account": who})
    there = {"script": THERE, "arguments": [FIELD.as_json()]}
    assert await value(asking, "open", {"url": sandbox.post("instagram")["url"], "then": there, "within": 20})
    await value(asking, "wait_until", {"script": TYPE, "arguments": [FIELD.as_json(), text], "within": 10})
    ready = await asking.ask(
        "wait_until", {"script": "(ways) => enabled(locate(ways)?.element)", "arguments": [POST.as_json()]}
    )
    assert ready.error is None, ready
    pressed = await value(
        asking, "check_and_click", {"locator": locator_as_json(POST), "check": GO, "mark": ready.mark, "left": 5.0}
    )
    assert pressed == {"clicked": True, "why": "clicked", "seen": {"go": True}}


async def read(asking: Asking, text: str) -> None:
    """What it asks after the click."""
    assert await value(asking, "wait_until", {"script": STANDS, "arguments": [text], "within": 10})
    shot = await value(asking, "screenshot")
    assert asking.peer.gateway.files[shot["file"]].startswith(b"\x89PNG")
    await value(asking, "leave")


async def test_a_comment_in_chromium_arrives_once(tmp_path, sandbox):
    async with stand_in() as gateway, program(tmp_path, gateway) as process:
        asking = Asking(await gateway.connected())
        who = account(sandbox)
        await comment(asking, "chromium", who, sandbox, "Seen through the door.")
        assert len(sandbox.effects("platform=instagram&marker=Seen through the door.")) == 1
        profile = tmp_path / "profiles" / "instagram" / who["id"]
        assert len(find_browsers(profile)) == 1  # it stays warm
        given = {"platform": "instagram", "account_id": who["id"]}
        assert (await asking.peer.ask("end", given, token=1)).value == {"ended": True}
        assert find_browsers(profile) == []
        text = "Seen while it was being stopped."
        again = Asking(asking.peer, token=2)
        await click(again, "chromium", who, sandbox, text)
        process.terminate()
        await asyncio.to_thread(wait_for, "it begins nothing", lambda: "host.stops" in (tmp_path / "log").read_text())
        other = Asking(asking.peer, token=3, lane=f"chromium.{HOST}.tiktok")
        stops = await other.ask("take", {"transport": "chromium", "account": who | {"platform": "tiktok"}})
        assert stops.error["code"] == "host_stops"
        await read(again, text)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        assert find_browsers(profile) == []


async def test_a_comment_in_safari_arrives_once_in_few_calls(tmp_path, sandbox, mac: Mac):
    environment = {**mac.environment, "CALLSHEET_SAFARI": "on"}
    async with stand_in() as gateway, program(tmp_path, gateway, **environment):
        peer = await gateway.connected()
        assert "safari" in peer.hello.transports
        asking = Asking(peer, lane=f"safari.{HOST}")
        await comment(asking, "safari", account(sandbox), sandbox, "Seen from a Mac.")
        assert len(sandbox.effects("platform=instagram&marker=Seen from a Mac.")) == 1
        ended = await peer.ask("end", {"platform": "instagram", "account_id": None}, token=1, lane=f"safari.{HOST}")
        assert ended.value == {"ended": True}
        mac.idle_for(1)
        while not (state := await peer.next_state()).rest_reason:
            pass
        assert state.rest_reason == f"a person uses the Mac of safari.{HOST}"
        refused = await Asking(peer, lane=f"safari.{HOST}", token=2).ask(
            "take", {"transport": "safari", "account": account(sandbox)}
        )
        assert refused.error["code"] == "resting"
        mac.idle_for(100_000)


async def test_a_host_that_has_profiles_has_what_starts_its_browsers_ready_before_anybody_asks(tmp_path):
    (tmp_path / "profiles" / "instagram" / str(uuid4())).mkdir(parents=True)
    async with stand_in() as gateway, program(tmp_path, gateway) as process:
        await asyncio.to_thread(wait_for, "Playwright's own process is there", lambda: drivers_of(process.pid))


def drivers_of(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children() if "run-driver" in child.cmdline()]


async def test_what_a_killed_program_left_behind_is_ended_before_the_next_one_connects(tmp_path, sandbox):
    who = account(sandbox)
    profile = tmp_path / "profiles" / "instagram" / who["id"]
    async with stand_in() as gateway, program(tmp_path, gateway) as process:
        asking = Asking(await gateway.connected(), token=3)
        browser = (await value(asking, "take", {"transport": "chromium", "account": who}))["browser"]
        os.kill(browser["pid"], signal.SIGSTOP)  # so that it does not notice
        process.kill()
        await process.wait()
        assert psutil.pid_exists(browser["pid"])
        async with program(tmp_path, gateway):
            peer = await gateway.connected(2)
            assert find_browsers(profile) == []
            stale = await Asking(peer, token=2).ask("take", {"transport": "chromium", "account": who})
            assert stale.error["code"] == "stale_token"


async def test_a_connection_that_is_cut_leaves_the_site_and_a_hung_script_with_it(tmp_path, sandbox, mac: Mac):
    environment = {**mac.environment, "CALLSHEET_SAFARI": "on"}
    async with stand_in() as gateway, program(tmp_path, gateway, **environment):
        peer = await gateway.connected()
        asking = Asking(peer, lane=f"safari.{HOST}")
        await value(asking, "take", {"transport": "safari", "account": account(sandbox)})
        await value(asking, "open", {"url": sandbox.post("instagram")["url"], "within": 20})
        mac.trouble(hangs=True)
        await peer.send(asking.next("evaluate", {"script": "() => 1", "within": 100}, within=120))
        await asyncio.to_thread(wait_for, "its script hangs", lambda: scripts_of(tmp_path))
        await peer.socket.close(1011)
        again = await gateway.connected(2)
        mac.control("calm")
        assert scripts_of(tmp_path) == []
        later = Asking(again, lane=f"safari.{HOST}", token=2)
        await value(later, "take", {"transport": "safari", "account": account(sandbox)})
        # An empty page runs no scripts of ours.
        left = await later.ask("evaluate", {"script": "() => location.href", "within": 0.1})
        assert left.error["code"] == "page_unreachable"


async def test_the_end_of_a_lane_ends_a_browser_that_answers_nothing(tmp_path, sandbox):
    who = account(sandbox)
    async with stand_in() as gateway, program(tmp_path, gateway):
        peer = await gateway.connected()
        asking = Asking(peer)
        browser = (await value(asking, "take", {"transport": "chromium", "account": who}))["browser"]
        os.kill(browser["pid"], signal.SIGSTOP)
        hangs = asking.next("evaluate", {"script": "() => 1", "within": 100}, within=120)
        await peer.send(hangs)
        ended = await peer.ask("end", {"platform": "instagram", "account_id": who["id"]}, token=1)
        assert ended.value == {"ended": True}
        assert (await peer.answer_to(hangs)).error["code"] == "ended"
        assert find_browsers(tmp_path / "profiles" / "instagram" / who["id"]) == []
        again = Asking(peer, token=2)
        await value(again, "take", {"transport": "chromium", "account": who})
        await value(again, "leave")


async def test_a_person_signs_in_at_the_host_and_a_profile_is_forgotten(tmp_path, sandbox):
    who = account(sandbox)
    given = {"platform": "instagram", "account_id": who["id"], "handle": "demo", "origin": who["origin"]}
    async with stand_in() as gateway, program(tmp_path, gateway, CALLSHEET_HEADLESS="on") as process:
        peer = await gateway.connected()
        assert (await peer.ask("sign_in", given, within=60)).value == {"signed_in_as": "demo"}
        assert (await peer.ask("sign_in", given, lane=f"safari.{HOST}")).error["code"] == "wrong_lane"
        assert (tmp_path / "profiles" / "instagram" / who["id"]).is_dir()
        forget = {"platform": "instagram", "account_id": who["id"]}
        assert (await peer.ask("forget", forget)).value == {"forgotten": True}
        assert not (tmp_path / "profiles" / "instagram" / who["id"]).exists()
        outside = {"platform": "instagram", "account_id": "../../../x"}
        assert (await peer.ask("forget", outside)).error["code"] == "bad_call"
        assert (await peer.ask("permissions")).value[0]["name"] == "safari"
        assert process.returncode is None


async def test_a_host_that_was_shut_out_ends_with_a_code_of_its_own(tmp_path):
    async with stand_in() as gateway:
        gateway.good = False
        async with program(tmp_path, gateway) as process:
            assert await asyncio.wait_for(process.wait(), 30) == SHUT_OUT
        assert gateway.tries == 1


def test_a_hosts_program_loads_neither_a_database_nor_a_broker():
    words = (
        "import sys, host.program, connectors.instagram.actions, connectors.x.actions; "
        "none = {'sqlalchemy', 'psycopg', 'redis', 'celery', 'kombu', 'fastapi'}; "
        "print([name for name in sys.modules if name.partition('.')[0] in none])"
    )
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def scripts_of(home: Path) -> list[int]:
    return [one.pid for one in find_scripts(home.absolute() / "safari")]
