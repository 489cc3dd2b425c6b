"""What is one part of the local house: a process that is started, watched and stopped?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.local.place import Account

# In the environment of every process that we start, and of no other (a person's shell may well carry CALLSHEET_HOME):
# this is how leftovers are told from what is none of ours.
MARKER = "CALLSHEET_PART_OF"


@dataclass(frozen=True, slots=True)
class Part:
    """One program. `clean` means that it gets no setting of ours in its environment, only the marker."""

    name: str
    command: tuple[str, ...]
    account: Account | None = None
    clean: bool = False
    stop_signal: Literal["TERM", "INT"] = "TERM"
    stop_seconds: int = 15

    def command_for(self, home: Path) -> tuple[str, ...]:
        """What to run: a server gets an environment without our keys and passwords."""
        if not self.clean:
            return self.command
        bare = ("/usr/bin/env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", f"{MARKER}={home}")
        return bare + self.command
