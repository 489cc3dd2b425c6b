"""What is one part of the local house: a process that is started, watched and stopped?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.local.server_files import Account
from shared.settings import ProcessKind

# In the environment of every process that we start, and of no other (a person's shell may well carry CALLSHEET_HOME):
# this is how leftovers are told from what is none of ours.
MARKER = "CALLSHEET_PART_OF"
SECRETS = "secrets"  # a folder of the home


@dataclass(frozen=True, slots=True)
class Part:
    """One program. `clean` means that it gets no setting of ours in its environment, only the marker.

    `kind` says which of our own processes it is: that decides which secrets it is told.
    """

    name: str
    command: tuple[str, ...]
    account: Account | None = None
    kind: ProcessKind | None = None
    clean: bool = False
    stop_signal: Literal["TERM", "INT"] = "TERM"
    stop_seconds: int = 15

    def secrets_in(self, home: Path) -> Path:
        """The file with what this part alone is told."""
        return home / SECRETS / f"{self.name}.json"

    def command_for(self, home: Path) -> tuple[str, ...]:
        """What to run: a server gets an environment without our settings, a part of ours learns where its secrets are."""
        if self.kind is not None:
            return ("/usr/bin/env", f"CALLSHEET_SECRETS_FILE={self.secrets_in(home)}", *self.command)
        if not self.clean:
            return self.command
        bare = ("/usr/bin/env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", f"{MARKER}={home}")
        return bare + self.command
