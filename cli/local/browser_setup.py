"""How does set-up install a browser where there is none? Run by scripts/setup.sh; prints the browser's path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cli.local.browser import find_browser, version_of
from shared.errors import NotConfigured
from shared.settings import load_settings, program_environment


def bring_browser(setting: str) -> Path:
    """Find a browser that starts; else download Playwright's; else, as root on Debian, install the system's.

    Raises:
        NotConfigured: none of it worked.
    """
    try:
        return _that_starts(setting)
    except NotConfigured:
        if setting:
            raise
    for bring in (_download, _install_debian):
        bring()
        try:
            return _that_starts(setting)
        except NotConfigured as error:
            problem = error
    raise problem


def _that_starts(setting: str) -> Path:
    browser = find_browser(setting)
    version_of(browser)
    return browser


def _download() -> None:
    _say("Downloading Chromium …")
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"],
        env=program_environment(),
        check=False,
        stdout=sys.stderr,
    )


def _install_debian() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    _say("Installing the system's chromium …")
    # Nobody is there to answer a package's questions.
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*quiet, "install", "-y", "--no-install-recommends", "chromium", "fonts-liberation"]
    for command in ([*quiet, "update"], install):
        done = subprocess.run(  # noqa: S603 - our own words
            command,
            env=program_environment(),
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            _say(done.stdout[-2000:] + done.stderr[-2000:])


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{bring_browser(load_settings().browser)}\n")
    except NotConfigured as error:
        _say(f"setup: {error.message}")
        sys.exit(1)
