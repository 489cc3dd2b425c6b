"""Which browser process belongs to a profile folder, and how is it ended with certainty?"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.process_identity import ProcessState, end_process, identity_of, state_of

GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


@dataclass(frozen=True, slots=True)
class Browser:
    """The main process of a browser. A pid may be reused, so the identity tells it from others."""

    pid: int
    identity: str | None

    def is_dead(self) -> bool:
        """Return whether it is proved to be dead; a stopped process is not."""
        return state_of(self.pid, self.identity) is ProcessState.DEAD

    def process(self) -> psutil.Process | None:
        """Return the process if it still runs, also when it is stopped."""
        with contextlib.suppress(*GONE):
            process = psutil.Process(self.pid)
            if state_of(self.pid, self.identity) is ProcessState.OURS:
                return process
        return None


def find_browsers(profile: Path) -> list[Browser]:
    """Return the main processes of browsers that run with exactly this profile folder."""
    wanted = f"--user-data-dir={profile}"
    return [browser for process in psutil.process_iter() if (browser := _if_main(process, wanted)) is not None]


def _if_main(process: psutil.Process, wanted: str, *, part: bool = False) -> Browser | None:
    with contextlib.suppress(*GONE):
        # The identity first: what is read afterwards is then about this process, or about none.
        identity = identity_of(process.pid)
        arguments = process.cmdline()
        uses = any(argument.startswith(wanted) if part else argument == wanted for argument in arguments)
        is_main = uses and not any(argument.startswith("--type=") for argument in arguments)
        if is_main and process.status() != psutil.STATUS_ZOMBIE:
            return Browser(process.pid, identity)
    return None


def find_all_browsers(profiles: Path) -> list[Browser]:
    """Return the main processes of browsers that run with any profile folder below this one."""
    below = f"--user-data-dir={profiles}{os.sep}"
    return [browser for process in psutil.process_iter() if (browser := _if_main(process, below, part=True)) is not None]


def find_scripts(folder: Path) -> list[Browser]:
    """Return processes of osascript that read private files of this folder, whoever has started them."""
    below = f"{folder}{os.sep}"
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(*GONE):
            identity = identity_of(process.pid)
            arguments = process.cmdline()
            reads = any(argument.startswith(below) for argument in arguments)
            if reads and any("osascript" in argument for argument in arguments) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(Browser(process.pid, identity))
    return found


def end(browser: Browser, *, within: float = 5) -> bool:
    """Kill a browser and all that it started; return whether it is known to be dead."""
    return end_process(browser.pid, browser.identity, within_s=within)


def memory_of(browser: Browser) -> int:
    """Return how many bytes a browser and its processes hold; shared memory counts once for each: an upper bound."""
    main = browser.process()
    if main is None:
        return 0
    total = 0
    with contextlib.suppress(*GONE):
        for process in [main, *main.children(recursive=True)]:
            with contextlib.suppress(*GONE):
                total += process.memory_info().rss
    return total


def clear_locks(profile: Path) -> None:
    """Remove the files by which a browser marks the profile as used; only for when none uses it."""
    for lock in profile.glob("Singleton*"):
        lock.unlink(missing_ok=True)
