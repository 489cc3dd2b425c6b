"""How does a test get a Mac's commands on its PATH, with a Safari behind them?"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.other_user import User
from tests.support.plain import untraced

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
IOREG = '#!/bin/sh\nprintf \'  |   "HIDIdleTime" = %s\\n\' "$(cat "{idle}")"\n'
CAFFEINATE = '#!/bin/sh\necho "$@" >> "{log}"\nexec sleep 600\n'
# The product passes nothing on to its tools but what they need, so they bring along where the stand-in listens.
STAND_IN = '#!/bin/sh\nexec env CALLSHEET_TEST_SAFARI={address} {python} -I -S {script} "$@"\n'
OPEN = "#!/bin/sh\nexit 0\n"
OURSELVES = User()


@dataclass
class Mac:
    """The commands' folder, and the stand-in Safari's socket."""

    bin: Path
    address: str
    environment: dict[str, str] = field(default_factory=dict)

    def trouble(self, event: str = "javascript", **what: Any) -> None:
        """Let an event go wrong: `number` and `when`, or `hangs`; `count` times; `holding` is a part of the script."""
        self.ask({"trouble": {"event": event, **what}})

    def control(self, what: str, **more: Any) -> Any:
        """Quit Safari, close a window, or calm it down."""
        return self.ask({"control": what, **more}).get("value")

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the stand-in answers."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(30)
            line.connect(self.address)
            line.sendall(json.dumps(asked).encode() + b"\n")
            answer = b""
            while part := line.recv(1 << 20):
                answer += part
        told: dict[str, Any] = json.loads(answer)
        return told

    def idle_for(self, seconds: float) -> None:
        """Let nobody have touched the Mac for so long."""
        say_idle(self.bin, seconds)

    @property
    def kept_awake(self) -> list[str]:
        """With which words the Mac was asked to stay awake."""
        log = self.bin / "caffeinate.log"
        return log.read_text().splitlines() if log.exists() else []


def say_idle(commands: Path, seconds: float) -> None:
    """Have the `ioreg` of this folder say that nobody has touched the Mac for so long."""
    (commands / "idle").write_text(str(int(seconds * 1e9)))
    if not (commands / "ioreg").exists():
        _write(commands / "ioreg", IOREG.format(idle=commands / "idle"))


@contextmanager
def a_mac(user: User = OURSELVES) -> Iterator[Mac]:
    """Commands in a folder of their own, and a Safari that runs meanwhile, both the user's; a socket's address is short."""
    with tempfile.TemporaryDirectory(prefix="mac-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user.give(folder)
        commands = folder / "bin"
        commands.mkdir()
        mac = Mac(commands, str(folder / "safari"))
        mac.environment = {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
        mac.idle_for(100_000)
        for command in ("osascript", "screencapture"):
            script = HERE / f"{command}.py"
            _write(commands / command, STAND_IN.format(address=mac.address, python=user.python, script=script))
        _write(commands / "caffeinate", CAFFEINATE.format(log=commands / "caffeinate.log"))
        _write(commands / "open", OPEN)
        user.give(commands)
        command = [user.python, "-m", "tests.support.safari.application", mac.address, str(folder / "profile")]
        told = untraced() | user.environment | ({"HOME": name} if user.account else {})
        process = subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True, **user.run_as)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield mac
        finally:
            process.terminate()
            process.wait(20)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
