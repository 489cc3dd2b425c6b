"""How is a script run on a Mac so that it cannot hang and no input can change it?

`osascript -` runs in a process group of its own: the source, which is constant, on its standard input; short data as
arguments; pages' scripts and texts, which are long or private, in files that only this user may read. A process for each
call costs about 80 ms, and a hung Apple event can be killed with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.errors import NotConfigured
from shared.settings import program_environment

SOURCES = {file.stem: file.read_bytes() for file in (Path(__file__).parent / "applescript").glob("*.applescript")}
MISSING = "missing value"
GRACE_S = 2.0  # what a process may take beyond its script
NUMBER = re.compile(r"\((-?\d+)\)\s*$")
MOST_SAID = 300


@dataclass(eq=False)
class ScriptError(Exception):
    """A script ended with an error number of macOS; its words are in the Mac's language and are not interpreted."""

    number: int
    message: str


class ScriptTimeout(Exception):
    """A script did not end in time and was killed, with all that it started."""


class Osascript:
    """Scripts of one lane, one after the other. `runs` counts them."""

    def __init__(self, folder: Path) -> None:
        """Keep private files in a folder, which is made when it is needed."""
        self._folder = folder
        self._numbers = itertools.count(1)
        self._alone = asyncio.Lock()
        self._group: int | None = None
        self._kept: dict[str, Path] = {}
        self.runs = 0

    async def run(self, script: str, *arguments: str, within: float) -> str:
        """Run one of `SOURCES` and return its result; "" for a missing value. `within` is in seconds.

        Raises:
            ScriptError: it ended with an error.
            ScriptTimeout: it did not end; it may have taken effect.
            NotConfigured: this machine has no osascript.
        """
        async with self._alone:
            self.runs += 1
            process = await _start(arguments)
            self._group = process.pid
            try:
                async with asyncio.timeout(within + GRACE_S):
                    out, err = await process.communicate(SOURCES[script])
            except TimeoutError as error:
                raise ScriptTimeout from error
            finally:
                self._group = None
                _kill(process.pid)
                await process.wait()
        if process.returncode:
            raise error_of(err.decode(errors="replace"))
        said = out.decode().removesuffix("\n")
        return "" if said == MISSING else said

    def stop(self) -> None:
        """Kill the running script, from any thread: whoever waits for it gets an error."""
        if (group := self._group) is not None:
            _kill(group)

    def keep(self, name: str, text: str) -> Path:
        """Write a private file that stays; a reader sees the old or the new text, never a part."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / f"{name}.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return fresh.replace(self._folder / name)

    def keep_once(self, name: str, text: str) -> Path:
        """Return the private file, which the first call writes."""
        if name not in self._kept:
            self._kept[name] = self.keep(name, text)
        return self._kept[name]

    @contextmanager
    def hand_over(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Yield private files with these texts, for one call."""
        paths = [self.keep(f"call-{os.getpid()}-{next(self._numbers)}", text) for text in texts]
        try:
            yield [str(path) for path in paths]
        finally:
            for path in paths:
                path.unlink(missing_ok=True)


async def _start(arguments: Sequence[str]) -> asyncio.subprocess.Process:
    program = shutil.which("osascript")
    if program is None:
        raise NotConfigured(message="This machine has no osascript: Safari is driven on a Mac.", setting="CALLSHEET_SAFARI")
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        program,
        "-",
        *arguments,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
        env=program_environment(),
    )


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def error_of(said: str) -> ScriptError:
    """Return the error that osascript has written to its standard error."""
    found = NUMBER.search(said)
    return ScriptError(int(found[1]) if found else 0, said.strip()[:MOST_SAID])
