"""Does the runner of AppleScript keep data out of sources, end what hangs, and read what a Mac says?"""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from connectors.browser.safari.apple_errors import MEANINGS, as_error
from connectors.browser.safari.osascript import SOURCES, Osascript, ScriptError, ScriptTimeout
from shared.errors import NotConfigured, Transient
from tests.support.safari.applescript import MISSING, run
from tests.support.safari.applescript import ScriptError as Wrong
from tests.support.stack import wait_for


@pytest.fixture
def mac(tmp_path: Path, monkeypatch) -> Path:
    """A folder for an osascript of the test's own."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "osascript"


def says(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


async def test_the_source_is_constant_and_comes_on_standard_input(mac, tmp_path):
    says(mac, f'cat > {tmp_path}/source; printf "%s|" "$@" > {tmp_path}/arguments; echo 7')
    assert await Osascript(tmp_path / "own").run("window", "0", 'a "b"', within=5) == "7"
    assert (tmp_path / "source").read_bytes() == SOURCES["window"]
    assert (tmp_path / "arguments").read_text() == '-|0|a "b"|'


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("52:107: execution error: Safari a rencontré une erreur. (-1743)", -1743),
        ("0:5: execution error: (1) and (2). (-609) ", -609),
        ("no number at all", 0),
    ],
)
async def test_only_the_number_of_an_error_counts(mac, tmp_path, said, number):
    says(mac, f"cat > /dev/null; echo '{said}' >&2; exit 1")
    with pytest.raises(ScriptError) as caught:
        await Osascript(tmp_path).run("leave", within=5)
    assert caught.value.number == number


@pytest.mark.parametrize("answer", ["missing value", ""])
async def test_a_missing_value_is_nothing(mac, tmp_path, answer):
    says(mac, f"cat > /dev/null; echo '{answer}'")
    assert await Osascript(tmp_path).run("leave", within=5) == ""


async def test_what_hangs_is_killed_with_all_that_it_started(mac, tmp_path):
    says(mac, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(ScriptTimeout):
        await Osascript(tmp_path).run("leave", within=-1)
    child = int((tmp_path / "child").read_text())

    def is_gone() -> bool:
        return not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE

    wait_for("what it started is gone", is_gone)


async def test_a_lane_that_is_lost_ends_its_script_at_once(mac, tmp_path):
    says(mac, f"touch {tmp_path}/begun; sleep 300")
    scripts = Osascript(tmp_path)
    running = asyncio.create_task(scripts.run("leave", within=200))
    await asyncio.to_thread(wait_for, "it runs", (tmp_path / "begun").exists)
    scripts.stop()
    with pytest.raises(ScriptError):
        await running


async def test_a_machine_without_osascript_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotConfigured):
        await Osascript(tmp_path).run("leave", within=5)


def test_what_a_person_must_mend_names_the_place_and_the_rest_may_pass():
    for number, meaning in MEANINGS.items():
        error = as_error(ScriptError(number, "anything"))
        assert isinstance(error, NotConfigured if meaning.setting else Transient)
    assert as_error(ScriptTimeout()).code == "page_hangs"  # type: ignore[union-attr]


class Nobody:
    """A Safari without windows, which answers every script with its own source."""

    def javascript(self, source, window, within):
        return source if window == 1 else MISSING

    def windows(self, within):
        return []


def test_the_stand_in_runs_what_the_product_sends_and_nothing_that_is_misspelt(tmp_path):
    for name in ("library", "call"):
        (tmp_path / name).write_text(f'say "{name}"; end tell')
    arguments = [str(tmp_path / "library"), str(tmp_path / "call"), "5"]
    source = SOURCES["act"].decode()
    assert run(source, ["1", *arguments], Nobody()) == 'say "call"; end tell'  # type: ignore[arg-type]
    assert run(source, ["2", *arguments], Nobody()) is MISSING  # type: ignore[arg-type]
    for right, wrong in (("current tab", "curent tab"), ("end tell", "end tel"), ("theCall in", "theCal in")):
        with pytest.raises(Wrong):
            run(source.replace(right, wrong), ["1", *arguments], Nobody())  # type: ignore[arg-type]
    with pytest.raises(Wrong):
        run(source, ["one", *arguments], Nobody())  # type: ignore[arg-type]
