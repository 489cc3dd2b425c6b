"""Which permissions of macOS does the Safari lane have? Checked with the package `applescript`, for the doctor alone.

Nothing is written and no page is touched. `python -m connectors.browser.safari.permissions` prints it as JSON.
A program of its own: permissions belong to the process that asks, the package has no time-out, and a question on the
screen must hold up nobody else.
"""

from __future__ import annotations

import importlib
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from connectors.browser.safari.apple_errors import ACCESSIBILITY, meaning_of
from connectors.browser.safari.osascript import ScriptError, error_of
from shared.settings import program_environment

SAFARI = 'tell application id "com.apple.Safari" to '
EVENTS = 'tell application "System Events" to '
RECORDING = "System Settings, Privacy & Security, Screen & System Audio Recording"
CAPTURE_S = 10
NO_WINDOW = {-1719, -1728}


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission: whether it is given, what it is for, and where a person gives it."""

    name: str
    state: Literal["ok", "warn", "wrong"]
    what: str
    mend: str = ""


def read_permissions() -> Iterator[Permission]:
    """Yield every permission, in the order in which macOS asks for them; some need an open window of Safari."""
    if platform.system() != "Darwin":
        yield Permission("safari", "wrong", "This machine is no Mac.", "Set CALLSHEET_SAFARI=off.")
        return
    yield _asked("safari automation", "count windows", "Safari takes our Apple events.")
    yield _asked("safari javascript", 'do JavaScript "1" in document 1', "Safari runs JavaScript for us.")
    yield _accessibility()
    yield _recording()


def _ask(source: str) -> str:
    """Run an AppleScript and return its result.

    Raises:
        ScriptError: it ended with an error.
    """
    done = importlib.import_module("applescript").run(source)
    if done.code:
        raise error_of(done.err)
    return str(done.out)


def _asked(name: str, words: str, fine: str) -> Permission:
    try:
        _ask(SAFARI + words)
    except ScriptError as error:
        if error.number in NO_WINDOW:
            return Permission(
                name, "warn", "Safari shows no page to try it on.", "Open a window with any page, and ask again."
            )
        meaning = meaning_of(error)
        return Permission(
            name, "wrong", f"{meaning.message} ({error.number})", f"Allow it in {meaning.setting or 'Safari'}."
        )
    return Permission(name, "ok", fine)


def _accessibility() -> Permission:
    """Return whether keys may be pressed. Nothing presses keys yet; it is shown so that a person grants all at once."""
    try:
        given = _ask(EVENTS + "get UI elements enabled") == "true"
    except ScriptError:
        given = False
    if given:
        return Permission("safari accessibility", "ok", "Keys can be pressed for other programs.")
    said = "Keys cannot be pressed for other programs; no capability needs it today."
    return Permission("safari accessibility", "warn", said, f"Allow it in {ACCESSIBILITY}.")


def _recording() -> Permission:
    try:
        window = _ask(SAFARI + "get id of window 1")
    except ScriptError:
        return Permission("safari screenshots", "warn", "Safari shows no window to try it on.", "Open one, and ask again.")
    with tempfile.TemporaryDirectory(prefix="callsheet-") as folder:
        path = Path(folder) / "window.png"
        command = ["/usr/sbin/screencapture", "-x", "-o", "-l", window, str(path)]
        subprocess.run(command, env=program_environment(), timeout=CAPTURE_S, check=False, capture_output=True)  # noqa: S603 - no word of it is anybody's
        if path.exists() and path.stat().st_size:
            return Permission("safari screenshots", "ok", "Windows can be photographed.")
    said = "Actions would be done without a screenshot as their proof."
    return Permission("safari screenshots", "warn", said, f"Allow it in {RECORDING}.")


if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(permission) for permission in read_permissions()]) + "\n")
