"""How does a start set up the database in a process of its own, while it goes on itself?

Migrations and their libraries take a second and a half to import. Beside initdb, on another core, that costs nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from cli.local.supervision.supervisor import SOURCE
from shared import errors
from shared.errors import CallsheetError, Transient
from shared.settings import Settings

Tell = Callable[[str, str], None]
"""Called with a part's name and what happened to it."""


class Founding:
    """The process that waits for the servers and sets up what the product needs in them."""

    def __init__(self, settings: Settings) -> None:
        """Start it; it waits for `finish`."""
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli.local.foundation"],
            cwd=SOURCE,
            env=settings.environment_for("foundation"),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )

    def finish(self, addresses: dict[str, str], tell: Tell) -> None:
        """Pass on the addresses of the home's own servers, and wait until all is set up.

        Raises:
            CallsheetError: what the process raised.
            Transient: it ended without reporting an error of ours.
        """
        process = self._process
        assert process.stdin  # noqa: S101 - for mypy: both are pipes
        assert process.stdout  # noqa: S101
        process.stdin.write(json.dumps(addresses))
        process.stdin.close()
        for line in process.stdout:
            said = json.loads(line)
            if "error" in said:
                raise _error(said)
            tell(said["part"], said["what"])
        if process.wait():
            last = process.stderr.read().strip().splitlines()[-1:] if process.stderr else []
            raise Transient(message=f"Setting up the database failed: {' '.join(last)}")

    def give_up(self) -> None:
        """End the process, if it has not ended by itself."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()


def _error(said: dict[str, str]) -> CallsheetError:
    kind = getattr(errors, said["error"])
    more = {"setting": said["setting"]} if "setting" in said else {}
    error: CallsheetError = kind(code=said["code"], message=said["message"], **more)
    return error
