"""Is what is missing on a machine said in one line, with its mend?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.checks.machine import check_browser, check_ffmpeg, check_space
from cli.local import browser
from cli.local.check import check_disk
from shared.errors import NotConfigured
from shared.settings import Settings


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def with_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, free))


def test_a_full_disk_is_refused_with_the_figures(monkeypatch, tmp_path):
    with_free(monkeypatch, 100 * 1024**2)
    with pytest.raises(NotConfigured) as caught:
        check_disk(tmp_path)
    assert "100 MB are free, 500 MB are needed" in caught.value.message
    assert caught.value.setting == "CALLSHEET_HOME"


@pytest.mark.parametrize(("free", "state"), [(10**8, "wrong"), (10**9, "warn"), (10**11, "ok")])
def test_the_doctor_warns_before_the_disk_is_full(monkeypatch, tmp_path, free, state):
    with_free(monkeypatch, free)
    assert check_space(Settings(home=tmp_path / "not" / "yet")).state == state


def test_ffmpeg_comes_with_set_up_and_runs(monkeypatch):
    monkeypatch.setenv("PATH", "")
    [finding] = check_ffmpeg()
    assert finding.state == "ok"
    assert "site-packages" in finding.what
    said = subprocess.run([finding.what, "-version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("ffmpeg version")


def test_without_ffmpeg_the_doctor_says_nothing_since_nothing_needs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert check_ffmpeg() == []


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(browser, "APPLICATIONS", (tmp_path / "Chrome",))
    monkeypatch.setattr(browser, "DOWNLOADS", (tmp_path,))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def program(path: Path, says: str, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_without_a_browser_the_mend_is_named(bare):
    finding = check_browser(Settings(home=bare))
    assert finding.state == "wrong"
    assert "make setup" in finding.what
    assert "CALLSHEET_BROWSER" in finding.mend


def test_the_order_is_setting_path_applications_download(bare):
    download = program(bare / "chromium-1200" / "chrome-linux" / "chrome", "Chromium 1")
    assert browser.find_browser() == download
    application = program(bare / "Chrome", "Chrome 2")
    assert browser.find_browser() == application
    on_path = program(bare / "bin" / "chromium-browser", "Chromium 3")
    assert browser.find_browser() == on_path
    own = program(bare / "own", "Chromium 4")
    assert browser.find_browser(str(own)) == own
    assert browser.version_of(own) == "Chromium 4"


def test_a_browser_that_is_set_and_missing_is_not_replaced_in_silence(bare):
    program(bare / "bin" / "chromium", "Chromium 3")
    with pytest.raises(NotConfigured) as caught:
        browser.find_browser("/nowhere/chrome")
    assert caught.value.setting == "CALLSHEET_BROWSER"


def test_a_browser_that_does_not_start_is_no_browser(bare):
    broken = program(bare / "bin" / "chromium", "", code=127)
    with pytest.raises(NotConfigured) as caught:
        browser.version_of(broken)
    assert "does not start" in caught.value.message
