"""Does a joined host lend nothing but its browsers: no database, no broker, and its work done once whatever fails there?"""

from __future__ import annotations

import itertools
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from host.membership import Membership
from tests.support.canaries import plant
from tests.support.frame_line import FrameLine, Way
from tests.support.gateway import Gateway, serve_in, start_in
from tests.support.hosts import join
from tests.support.ledger import ORPHANS
from tests.support.machine import Machine, a_machine
from tests.support.other_user import find_other_user
from tests.support.safari.mac import a_mac
from tests.support.stack import QUICK, Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]

FAR_S = 0.025  # each way
MOST_CALLS = 6  # of a comment in Safari, within its session
WORDS = "this morning"  # in captions of the practice sites


@dataclass(frozen=True)
class Point:
    """A place in a comment: the frame that is about to be handed on. `nth` of its kind from the comment's begin."""

    name: str
    way: Way
    do: str
    nth: int = 1

    def __str__(self) -> str:
        """Name it in a test's id."""
        return self.name


BEGUN = Point("begun", "call", "take")
OPENING = Point("opening", "call", "open")
READ = Point("read", "answer", "open")
FILLED = Point("filled", "answer", "wait_until")
CLICKING = Point("clicking", "call", "check_and_click")
CLICKED = Point("clicked", "answer", "check_and_click")
TOLD = Point("told", "answer", "wait_until", 2)
POINTS = (BEGUN, OPENING, READ, FILLED, CLICKING, CLICKED, TOLD)


@dataclass(frozen=True)
class House:
    """A Callsheet whose only browsers are on another machine, at the end of a slow line."""

    stack: Stack
    gateway: Gateway
    host_id: str
    machine: Machine
    line: FrameLine

    def submit(self, kind: str, platform: str = "instagram", **payload: Any) -> str:
        """A task of the practice account."""
        body = {"type": kind, "platform": platform, "account": "demo", "payload": payload}
        return str(self.gateway.submit(body)["id"])

    def comment(self, text: str) -> str:
        return self.submit("comment", post_url=self.stack.posts("instagram")[0]["url"], text=text)

    def task(self, task_id: str) -> dict:
        """The task as it stands, also where the gateway is just being restarted."""

        def ask() -> dict | None:
            try:
                answer = self.gateway.http.get(f"/api/scheduler/task/{task_id}")
            except httpx.TransportError:
                return None
            starts = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            return None if starts else answer.raise_for_status().json()

        return wait_for("the gateway answers", ask, seconds=60)

    def is_done(self, task_id: str) -> Callable[[], bool]:
        return lambda: self.task(task_id)["status"] == "completed"

    def until_done(self, *tasks: str, seconds: float = 60) -> list[dict]:
        for task in tasks:
            wait_for(f"{task} is done", self.is_done(task), seconds=seconds)
        return [self.task(task) for task in tasks]

    def arrived(self, text: str) -> int:
        return sum(effect["text"] == text for effect in self.stack.truth())

    def present(self) -> bool:
        return self.stack.query("SELECT id FROM workers WHERE pool = 'host' AND rest_reason IS NULL") != []

    @contextmanager
    def on(self, transport: str) -> Iterator[None]:
        """Have the account signed in in another browser of the same host meanwhile."""
        change = "UPDATE accounts SET transport = %(transport)s WHERE platform = 'instagram'"
        self.stack.query(change, transport=transport)
        try:
            yield
        finally:
            self.stack.query(change, transport="chromium")

    def assert_it_was_done_once(self, task_id: str, text: str) -> None:
        assert self.arrived(text) == 1
        mine = "SELECT outcome FROM effects WHERE task_id = %(task)s AND outcome NOT IN ('absent', 'superseded')"
        assert self.stack.query(mine, task=task_id) == [{"outcome": "confirmed"}]
        assert self.stack.query(ORPHANS) == []


@pytest.fixture(scope="module")
def house(module_database, free_port, tmp_path_factory) -> Iterator[House]:
    tmp_path, user = tmp_path_factory.mktemp("house"), find_other_user()
    mine = {"sandbox_port": free_port(), "log_format": "console", "call_begin_ms": 5000}
    settings = module_database.model_copy(update={**QUICK, **mine})
    stack, line = Stack(settings, tmp_path / "stack"), FrameLine(settings.port, FAR_S)
    stack.folder.mkdir()
    told = {"CALLSHEET_SAFARI": "on"}
    with a_mac(user) as mac, line.laid(), a_machine(stack.folder, user, mac.environment | told) as machine:
        try:
            stack.start_keeper()
            stack.start_beat()
            with serve_in(stack) as gateway:
                stack.start_sandbox()
                joined = join(gateway, gateway.http, "local")
                machine.join(Membership(f"http://127.0.0.1:{line.port}", "local", joined.credential, joined.workspace))
                machine.start()
                plant(gateway)
                found = House(stack, gateway, joined.id, machine, line)
                wait_for("the host is there", found.present, seconds=60)
                yield found
        finally:
            machine.stop()
            stack.stop_all()


def test_a_host_does_what_its_lanes_do_without_a_database_or_a_broker(house: House):
    stand = {"platform": "sora", "free": 3, "paid": 0, "refreshes_at": None}
    httpx.post(f"{house.stack.sandbox_url}/_control/credits", json=stand).raise_for_status()
    tasks = (
        house.comment("from a machine of its own"),
        house.submit("dm", to="maple_studio", text="to you alone"),
        house.submit("discovery", query=WORDS, limit=2),
        house.gateway.post("/api/sora/credits/check").json()["id"],
        house.gateway.post("/api/accounts/instagram/demo/check").json()["id"],
    )
    _, _, search, *_ = house.until_done(*tasks)
    assert len(search["result"]["posts"]) == 2
    assert house.arrived("to you alone") == 1
    assert house.arrived("from a machine of its own") == 1
    settings = house.stack.settings
    assert house.machine.links() <= {house.line.port, settings.sandbox_port}
    assert house.stack.query("SELECT count(*) AS n FROM proofs") != [{"n": 0}]
    acted = house.stack.query("SELECT DISTINCT browser_host FROM attempts WHERE browser_token IS NOT NULL")
    assert acted == [{"browser_host": "local"}]
    mode = stat.S_IMODE((settings.home / "door" / house.host_id).stat().st_mode)
    assert mode == 0o700
    assert list((settings.home / "door" / house.host_id).iterdir()) == []


def test_a_hosts_program_and_its_browsers_are_a_user_of_their_own(house: House):
    account = house.machine.user.account
    if account is None:
        pytest.skip("nobody else can start this Python, or the tests do not run as root")
    assert {one.uids().effective for one in house.machine.everything} == {account.uid}


def test_a_host_with_a_safari_does_everything_there_in_few_calls(house: House):
    begins = len(house.line.seen)
    with house.on("safari"):
        tasks = (
            house.comment("from a Safari of its own"),
            house.submit("dm", to="maple_studio", text="from a Safari, to you alone"),
            house.submit("discovery", query=WORDS, limit=2),
        )
        comment, _, search = house.until_done(*tasks)
    assert house.arrived("from a Safari of its own") == 1
    assert house.arrived("from a Safari, to you alone") == 1
    assert len(search["result"]["posts"]) == 2
    assert comment["result"]["proof"]
    calls = [frame for frame in house.line.seen[begins:] if frame.way == "call" and frame.session]
    assert {frame.lane for frame in calls} == {"safari.local"}
    sessions = [[call.do for call in of_one] for _, of_one in itertools.groupby(calls, lambda call: call.session)]
    clicked = [done for done in sessions if "check_and_click" in done]
    assert len(clicked) == 2
    assert len([do for do in clicked[0] if do not in {"take", "leave"}]) <= MOST_CALLS, clicked
    assert house.machine.links() <= {house.line.port, house.stack.settings.sandbox_port}


def _kill(house: House) -> None:
    house.machine.send(signal.SIGKILL)


def _pause(house: House) -> None:
    house.machine.send(signal.SIGSTOP)


def _cut(house: House) -> None:
    house.line.cut()


def _kill_gateway(house: House) -> None:
    house.stack.processes["gateway"].kill()


def _kill_both(house: House) -> None:
    _kill(house)
    _kill_gateway(house)


STRIKES: dict[str, Callable[[House], None]] = {
    "killed": _kill,
    "paused": _pause,
    "cut off": _cut,
    "left without its gateway": _kill_gateway,
    "killed with its gateway": _kill_both,
}


def comment_and_strike(house: House, text: str, point: Point, strike: str) -> str:
    """A comment whose host is struck at this point; all is there again afterwards, and the task goes on."""
    # What is paused has got what was sent to it, and finds it when it wakes.
    struck = house.line.strike(
        point.way, point.do, lambda: STRIKES[strike](house), nth=point.nth, hands_on=strike == "paused"
    )
    task = house.comment(text)
    assert struck.came.wait(60), f"It never came to {point}."
    if strike == "paused":
        wait_for("it is given up", lambda: house.task(task)["status"] != "running", seconds=90)
        assert house.arrived(text) <= 1
        house.machine.send(signal.SIGCONT)
    if strike.startswith("killed"):
        house.machine.kill()
    if strike.endswith("gateway"):
        house.stack.processes["gateway"].wait()
        start_in(house.stack)
    if strike.startswith("killed"):
        house.machine.start()
    return task


# In small what each lost; every point and every strike is in the long form.
@pytest.mark.parametrize(
    ("point", "strike"),
    [
        pytest.param(point, strike, marks=() if (point, strike) == (CLICKED, "cut off") else pytest.mark.long)
        for point, strike in itertools.product(POINTS, STRIKES)
    ],
    ids=str,
)
def test_a_host_that_is_struck_at_work_loses_nothing_and_does_nothing_twice(house: House, point: Point, strike: str):
    text = f"{point}, {strike}"
    task = comment_and_strike(house, text, point, strike)
    house.until_done(task, seconds=150)
    house.assert_it_was_done_once(task, text)


@pytest.mark.long
@pytest.mark.parametrize(("point", "strike"), [*itertools.product((FILLED, CLICKING, CLICKED, TOLD), STRIKES)], ids=str)
def test_a_safari_that_is_struck_at_work_loses_nothing_and_does_nothing_twice(house: House, point: Point, strike: str):
    text = f"{point}, {strike}, in Safari"
    with house.on("safari"):
        task = comment_and_strike(house, text, point, strike)
        house.until_done(task, seconds=150)
    house.assert_it_was_done_once(task, text)


def test_a_host_that_was_killed_before_it_told_of_its_click_is_waited_for_and_named(house: House):
    struck = house.line.strike(TOLD.way, TOLD.do, lambda: _kill(house), nth=TOLD.nth)
    task = house.comment("killed before it told")
    assert struck.came.wait(60), f"It never came to {TOLD}."
    house.machine.kill()
    later = house.comment("once it is back")
    named = "host local is not connected"
    wait_for("it says why it waits", lambda: named in str(house.task(later)["waiting_for"]), seconds=30)
    assert house.task(task)["status"] == "unknown"
    assert house.arrived("killed before it told") == 1
    house.machine.start()
    house.until_done(later, task, seconds=90)
    house.assert_it_was_done_once(task, "killed before it told")
    house.assert_it_was_done_once(later, "once it is back")


def test_a_host_that_is_revoked_at_its_click_leaves_a_task_that_waits_and_says_why(house: House):
    struck = house.line.strike("call", "check_and_click", lambda: None)  # it is lost on the way
    task = house.comment("in the midst of it")
    assert struck.came.wait(60), "It never came to its click."

    assert house.gateway.http.post(f"/api/hosts/{house.host_id}/revoke").json()["state"] == "revoked"

    assert house.machine.process is not None
    assert house.machine.process.wait(10) == 77
    wait_for("it is nobody's", lambda: house.task(task)["status"] == "unknown", seconds=20)
    wait_for("it says why it waits", lambda: house.task(task)["waiting_for"] or house.task(task)["error"], seconds=20)
    assert house.arrived("in the midst of it") == 0
    wait_for("its worker is gone", lambda: house.stack.query("SELECT id FROM workers") == [], seconds=30)
    later = house.comment("never said")
    why = wait_for("it says why it waits", lambda: house.task(later)["waiting_for"], seconds=20)
    assert {one["gate"] for one in why} & {"lane", "connection"}
    assert house.arrived("never said") == 0
