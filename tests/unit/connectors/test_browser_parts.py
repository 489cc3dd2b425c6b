"""Do the small parts beneath the browser keep their word: texts, addresses, processes, executables?"""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import pytest

from connectors.browser.chromium import processes
from connectors.browser.chromium.executable import find_executable
from connectors.browser.driver import Locator, Way
from connectors.browser.page import Page
from connectors.browser.pages.screen import path_below
from connectors.browser.pages.text import normal, same
from shared.errors import ContentRejected, NotConfigured
from shared.process_identity import identity_of

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = ("www.site.example", "site.example")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cafe\u0301", "Caf\u00e9"),
        ("a\u200bb\ufeffc", "abc"),
        (" two\n lines\t", "two lines"),
        ("❤️", "❤"),
        ("e\u200b\u0301", "é"),
    ],
)
def test_readers_take_these_for_the_same(one: str, other: str) -> None:
    assert same(one, other)


def test_readers_tell_these_apart() -> None:
    assert not same("ab", "a b")
    assert not same("A", "a")
    assert normal("\u200b \n") == ""


@pytest.mark.parametrize(
    ("origin", "url", "path"),
    [
        ("https://www.site.example", "https://www.site.example/p/1/", "/p/1/"),
        ("https://www.site.example", "https://site.example/p/1/?utm=x#y", "/p/1/"),
        ("http://127.0.0.1:3900/site", "http://127.0.0.1:3900/site/p/1/", "/p/1/"),
    ],
)
def test_addresses_below_the_origin_give_their_path(origin: str, url: str, path: str) -> None:
    assert path_below(origin, url, HOSTS) == path


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:3900/other/p/1/",
        "http://127.0.0.1:3900/sitepro/p/1/",
        "http://127.0.0.1:3901/site/p/1/",
        "http://localhost:3900/site/p/1/",
        "https://127.0.0.1:3900/site/p/1/",
        "http://user@127.0.0.1:3900/site/p/1/",
        "https://www.site.example/site/p/1/",
        "http://127.0.0.1:3900/site",
        "javascript:alert(1)",
        "",
    ],
)
def test_addresses_elsewhere_are_rejected(url: str) -> None:
    with pytest.raises(ContentRejected):
        path_below("http://127.0.0.1:3900/site", url, HOSTS)


def test_only_the_browser_with_exactly_this_profile_is_found_and_ended(tmp_path: Path) -> None:
    profile, longer = tmp_path / "demo", tmp_path / "demo2"
    idle = [sys.executable, "-c", "import time; time.sleep(60)"]
    started = [
        subprocess.Popen([*idle, f"--user-data-dir={profile}"]),
        subprocess.Popen([*idle, f"--user-data-dir={longer}"]),
        subprocess.Popen([*idle, "--type=renderer", f"--user-data-dir={profile}"]),
    ]
    try:
        [found] = processes.find_browsers(profile)
        assert found.pid == started[0].pid
        assert processes.memory_of(found) > 0
        assert processes.end(found)
        assert found.process() is None
        assert started[0].poll() is not None
        assert all(process.poll() is None for process in started[1:])
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_pid_that_is_used_again_is_another_process() -> None:
    mine = identity_of(os.getpid())
    assert processes.Browser(os.getpid(), mine).process() is not None
    other = processes.Browser(os.getpid(), f"{mine}0")
    assert other.process() is None
    assert other.is_dead()
    assert processes.end(other)
    assert processes.memory_of(other) == 0


def test_a_step_of_the_clock_makes_no_browser_another(monkeypatch: pytest.MonkeyPatch) -> None:
    me = processes.Browser(os.getpid(), identity_of(os.getpid()))
    real = psutil.boot_time()
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: real + 60)
    assert me.process() is not None
    assert not me.is_dead()


def test_a_browser_that_nothing_identifies_is_neither_dead_nor_ended() -> None:
    unknown = processes.Browser(os.getpid(), None)
    assert not unknown.is_dead()
    assert not processes.end(unknown)


def test_stale_locks_go_and_the_profile_stays(tmp_path: Path) -> None:
    (tmp_path / "SingletonLock").symlink_to("gone-123")
    (tmp_path / "Cookies").write_text("kept")
    processes.clear_locks(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["Cookies"]


def test_the_asked_browser_is_taken_or_named(tmp_path: Path) -> None:
    browser = tmp_path / "chrome"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    assert find_executable(str(browser)) == str(browser)
    with pytest.raises(NotConfigured) as caught:
        find_executable(str(tmp_path / "none"))
    assert caught.value.setting == "CALLSHEET_BROWSER"


def test_without_any_browser_the_mend_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("connectors.browser.chromium.executable.PLACES", ())
    with pytest.raises(NotConfigured) as caught:
        find_executable("")
    assert "Install Chrome or Chromium" in caught.value.message
    downloaded = tmp_path / "downloaded"
    downloaded.touch()
    assert find_executable("", str(downloaded)) == str(downloaded)


@pytest.mark.parametrize(
    ("second", "drifts"),
    [(Way(css="form"), True), (Way(path="/accounts/login"), False)],
    ids=["a place", "an address"],
)
def test_another_way_to_a_place_is_drift_and_an_address_that_is_there_first_is_none(second: Way, *, drifts: bool) -> None:
    page = SimpleNamespace(_drift={})
    locator = Locator("login_form", (Way(css="input"), second), "a test")

    Page.note(page, locator, 0)  # type: ignore[arg-type]  # all that it needs of a page
    assert not page._drift
    Page.note(page, locator, 1)  # type: ignore[arg-type]
    assert ("login_form" in page._drift) is drifts
