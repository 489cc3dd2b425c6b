"""Which browser process belongs to a profile folder, and how is it ended for certain?"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import psutil

GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


@dataclass(frozen=True, slots=True)
class Identity:
    """A process for certain: a pid is used again, a pid with its start time (Unix seconds) is not."""

    pid: int
    started_at: float

    def process(self) -> psutil.Process | None:
        """The process if it still runs, also when it is stopped."""
        with contextlib.suppress(*GONE):
            process = psutil.Process(self.pid)
            if process.create_time() == self.started_at and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def find_browsers(profile: Path) -> list[Identity]:
    """The main processes of browsers that run with exactly this profile folder."""
    wanted = f"--user-data-dir={profile}"
    return [identity for process in psutil.process_iter() if (identity := _if_main(process, wanted)) is not None]


def _if_main(process: psutil.Process, wanted: str) -> Identity | None:
    with contextlib.suppress(*GONE):
        arguments = process.cmdline()
        is_main = wanted in arguments and not any(argument.startswith("--type=") for argument in arguments)
        if is_main and process.status() != psutil.STATUS_ZOMBIE:
            return Identity(process.pid, process.create_time())
    return None


def end(browser: Identity, *, within: float = 5) -> None:
    """Kill a browser and all that it started (SIGKILL works on stopped processes too); returns when they are gone."""
    main = browser.process()
    if main is None:
        return
    family = [main]
    with contextlib.suppress(*GONE):
        family += main.children(recursive=True)
    for process in family:
        with contextlib.suppress(*GONE):
            process.kill()
    psutil.wait_procs(family, timeout=within)


def memory_of(browser: Identity) -> int:
    """Bytes that a browser and all its processes hold; memory they share counts once for each, so this is an upper bound."""
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
    """Remove the files by which a browser says that it uses the profile; only for when none does."""
    for lock in profile.glob("Singleton*"):
        lock.unlink(missing_ok=True)
