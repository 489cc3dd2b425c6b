"""What is one part of a local home? A process that is started, watched and stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.local.server_files import Account
from shared.settings import ProcessKind

# In the environment of every process that we start, and of no other (a person's shell may well set CALLSHEET_HOME):
# it tells our leftover processes from other ones.
MARKER = "CALLSHEET_PART_OF"
SECRETS = "secrets"  # a folder of the home


@dataclass(frozen=True, slots=True)
class Part:
    """One program. `clean` means that it gets no setting of ours in its environment, only the marker.

    `kind` says which of our own processes it is: that decides which secrets it gets.
    """

    name: str
    command: tuple[str, ...]
    account: Account | None = None
    kind: ProcessKind | None = None
    clean: bool = False
    stop_signal: Literal["TERM", "INT"] = "TERM"
    stop_seconds: int = 15
    # Where the launcher may listen in its place, so that it starts at the first connection.
    listens: tuple[str, int] | None = None

    def secrets_in(self, home: Path) -> Path:
        """Return the file with this part's own secrets."""
        return home / SECRETS / f"{self.name}.json"

    def command_for(self, home: Path) -> tuple[str, ...]:
        """Return the command: a server's environment lacks our settings, a part of ours gets the path of its secrets."""
        if self.kind is not None:
            return ("/usr/bin/env", f"CALLSHEET_SECRETS_FILE={self.secrets_in(home)}", *self.command)
        if not self.clean:
            return self.command
        bare = ("/usr/bin/env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", f"{MARKER}={home}")
        return bare + self.command
