"""Which Chrome or Chromium of this machine is driven?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from shared.errors import NotConfigured
from shared.settings import program_environment

NAMES = ("google-chrome", "google-chrome-stable", "chrome", "chromium", "chromium-browser")
APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
# Where Playwright keeps its downloads, and the browser's name inside.
DOWNLOADS = (Path.home() / "Library/Caches/ms-playwright", Path.home() / ".cache/ms-playwright")
DOWNLOADED = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium_headless_shell-*/chrome-*/*headless*shell",
)


def find_browser(setting: str = "") -> Path:
    """Return the browser that is set, else one on the PATH or in /Applications, else Playwright's download.

    Raises:
        NotConfigured: there is none, or the one that is set does not exist.
    """
    if setting:
        if found := shutil.which(setting):
            return Path(found)
        raise NotConfigured(setting="CALLSHEET_BROWSER", message=f"There is no browser at {setting}.")
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    for path in (*APPLICATIONS, *downloaded()):
        if path.is_file():
            return path
    raise NotConfigured(
        setting="CALLSHEET_BROWSER",
        message="There is neither Chrome nor Chromium on this machine. Run make setup, which brings one, "
        "or set CALLSHEET_BROWSER to its path.",
    )


def downloaded() -> list[Path]:
    """Return Playwright's browsers, the newest first."""
    found = [path for folder in DOWNLOADS for pattern in DOWNLOADED for path in folder.glob(pattern)]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def version_of(browser: Path) -> str:
    """Return the browser's own version text, such as `Chromium 141.0`.

    Raises:
        NotConfigured: it does not start; the message carries its last words.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            [str(browser), "--version"],
            env=program_environment(),
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotConfigured(setting="CALLSHEET_BROWSER", message=f"{browser} does not start: {error}.") from error
    if done.returncode:
        reason = " ".join(done.stderr.strip().splitlines()[-1:])
        raise NotConfigured(setting="CALLSHEET_BROWSER", message=f"{browser} does not start: {reason}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else sys.platform
