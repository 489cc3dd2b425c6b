"""How does a test have a machine of its own? Another home, another user, and an environment without any address."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from host.membership import Membership, keep_membership
from tests.support.other_user import ROOT, User
from tests.support.plain import untraced


@dataclass
class Machine:
    """A machine that has joined, as far as Callsheet can tell. `log` is where its program says what it does."""

    home: Path
    log: Path
    user: User
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def join(self, membership: Membership) -> None:
        """Keep what `callsheet host join` keeps."""
        keep_membership(self.home, membership)
        self.user.give(self.home / "host.json")

    def start(self) -> None:
        """Run the host's program there."""
        plain = {name: value for name, value in untraced().items() if not name.startswith("CALLSHEET_") or "BROWSER" in name}
        own = {"HOME": str(self.home), "CALLSHEET_HOME": str(self.home), "CALLSHEET_LOG_FORMAT": "console"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.user.python, "-m", "host.program"],
                cwd=ROOT,
                env=plain | own | self.user.environment | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.user.run_as,
            )

    @property
    def everything(self) -> list[psutil.Process]:
        """The program and all that it has started, its browsers too."""
        assert self.process is not None
        try:
            program = psutil.Process(self.process.pid)
            return [program, *program.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def send(self, number: int) -> None:
        """Signal everything that runs there."""
        for one in self.everything:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)

    def kill(self) -> None:
        """End everything there at once, as a loss of power does."""
        assert self.process is not None
        self.send(signal.SIGKILL)
        self.process.wait()

    def links(self) -> set[int]:
        """The ports to which something there is connected."""
        found: set[int] = set()
        for one in self.everything:
            with suppress(psutil.NoSuchProcess):
                found |= {link.raddr.port for link in one.net_connections("inet") if link.raddr}
        return found

    def stop(self) -> None:
        """End all that runs there, in good order if it can."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def a_machine(folder: Path, user: User, environment: dict[str, str]) -> Iterator[Machine]:
    """A machine whose home is somewhere its user can reach; afterwards it lies in `folder`, to be looked through."""
    home = Path(tempfile.mkdtemp(prefix="host-"))
    user.give(home)
    machine = Machine(home, folder / "host.log", user, environment)
    try:
        yield machine
    finally:
        machine.stop()
        shutil.move(home, folder / "host")
