"""How are the parts kept running, each on its own?

By supervisord, which starts a part again when it ends and leaves the others alone. It is the launcher, too: where a process
may be forked, it has imported what ours need (`launcher/`). Its socket lies in a short private
folder under /tmp, since a socket's path ends at 107 bytes (104 on macOS) and a home may be longer.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cli.local.server_files import tag_of
from cli.local.supervision.part import MARKER, SECRETS, Part
from cli.local.wait import wait_for
from shared.errors import NotConfigured, Transient
from shared.private_file import write_private
from shared.settings import Settings

# The folder in which `python -m api` and the like are found: the checkout, or site-packages.
SOURCE = Path(__file__).resolve().parents[3]

# Faults of supervisord's interface.
UNKNOWN_METHOD = 1
ALREADY_STARTED = 60
NOT_RUNNING = 70
# A part that is not there and needs not be: the launcher listens for it.
LISTENING = "LISTENING"
STARTS_LATER = "starts at the first connection"
# The argument by which supervisord answers before a part has started or stopped.
# All that our parts import takes seconds, and a minute where a machine is very busy; it answers nobody meanwhile.
ANSWERS_WITHIN_S = 120.0

NO_WAIT = False

HEAD = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
logfile={home}/logs/supervisor.log
logfile_maxbytes=10MB
logfile_backups=2
pidfile={home}/supervisor.pid
nodaemon=true
silent=true
umask=077
{user}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:launcher]
supervisor.rpcinterface_factory=launcher.interface:make
"""

# A part counts as started after one second, and is given up after 100 starts that did not get so far (84 minutes).
# It alone gets the signal to stop: Celery's children would die of a SIGTERM in the middle of a task, while their parent
# lets them finish. What is left of its group after `stopwaitsecs` is killed.
PROGRAM = """
[program:{name}]
command={command}
directory={directory}
autostart=false
autorestart=true
startsecs=1
startretries=100
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={home}/logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
{user}"""


@dataclass(frozen=True, slots=True)
class State:
    """The state of one part: supervisord's words (STARTING, RUNNING, BACKOFF, STOPPED, EXITED, FATAL …), or LISTENING."""

    name: str
    word: str
    pid: int
    detail: str


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = str(path)

    def make_connection(self, host: object) -> _Connection:  # noqa: ARG002 - there is one host: the socket
        return _Connection(self._path, ANSWERS_WITHIN_S)


class Supervisor:
    """A client of one home's supervisor."""

    def __init__(self, home: Path) -> None:
        """Store the parts; nothing is connected before the first call."""
        transport = _Transport(socket_folder(home) / "supervisor.sock")
        proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=transport)
        self._calls, self._launcher = proxy.supervisor, proxy.launcher

    def answers(self) -> bool:
        """Return whether it takes calls now."""
        with suppress(OSError, xmlrpc.client.Error, http.client.HTTPException):
            return bool(self._calls.getState())
        return False

    def states(self) -> dict[str, State]:
        """Return the states of all parts, by name."""
        with _unless():
            found = cast("list[dict[str, str | int]]", self._calls.getAllProcessInfo())
        waiting: list[str] = []
        with _unless(UNKNOWN_METHOD):  # one that an earlier version has started
            waiting = cast("list[str]", self._launcher.waiting())
        states = {
            str(entry["name"]): State(
                str(entry["name"]),
                str(entry["statename"]),
                int(entry["pid"]),
                str(entry["spawnerr"] or entry["description"]),
            )
            for entry in found
        }
        return states | {name: State(name, LISTENING, 0, STARTS_LATER) for name in waiting}

    def load(self) -> None:
        """Have it import what our parts need, before the first of them is started; meanwhile it answers nobody."""
        with _unless():
            self._launcher.load()

    def start(self, part: Part) -> None:
        """Start a part without waiting for it, or have it start at the first connection.

        One that runs already stays as it is.
        """
        with _unless():
            if part.listens and self._launcher.listen(part.name, *part.listens):
                return
        with _unless(ALREADY_STARTED):
            self._calls.startProcess(part.name, NO_WAIT)

    def stop(self, names: Sequence[str], *, seconds: float = 60) -> None:
        """Stop parts at the same time and wait until they are gone."""
        for name in names:
            with _unless(NOT_RUNNING):
                self._calls.stopProcess(name, NO_WAIT)
        wait_for(lambda: not any(state.pid for name, state in self.states().items() if name in names), seconds=seconds)

    def shutdown(self) -> None:
        """Ask it to stop everything and to end; it answers before it has."""
        with _unless():
            self._calls.shutdown()


@contextmanager
def _unless(fault: int | None = None) -> Iterator[None]:
    """Ignore one fault of supervisord's, which means that there is nothing to do; any other is an error."""
    try:
        yield
    except TimeoutError as error:
        message = f"The supervisor has not answered for {ANSWERS_WITHIN_S:.0f} s: this machine is very busy, or it hangs."
        raise Transient(code="supervisor_silent", message=message) from error
    except (OSError, http.client.HTTPException) as error:
        raise Transient(code="supervisor_died", message="The supervisor has ended.") from error
    except xmlrpc.client.Fault as error:
        if error.faultCode != fault:
            raise Transient(message=f"The supervisor refused: {error.faultString}") from error


def launch(home: Path, parts: Sequence[Part], settings: Settings) -> subprocess.Popen[bytes]:
    """Start the supervisor in a session of its own, with no part running yet, and wait until it answers.

    Raises:
        NotConfigured: the package `supervisor` is missing.
        Transient: it ended or did not answer; the message carries its last words.
    """
    (home / "logs").mkdir(mode=0o700, exist_ok=True)
    _write_secrets(home, parts, settings)
    write_private(home / "supervisord.conf", configuration(home, parts))
    environment = settings.environment_for("supervisor") | {MARKER: str(home), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "launcher", "-n", "-c", str(home / "supervisord.conf")]
    with (home / "logs" / "supervisor.out").open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            command,
            cwd=SOURCE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    asked = Supervisor(home)
    if wait_for(lambda: process.poll() is not None or asked.answers(), seconds=10) and process.poll() is None:
        return process
    process.kill()
    process.wait()
    said = (home / "logs" / "supervisor.out").read_text(errors="replace").strip().splitlines()[-1:]
    raise Transient(message=f"The supervisor did not start: {' '.join(said) or 'it said nothing'}")


def _write_secrets(home: Path, parts: Sequence[Part], settings: Settings) -> None:
    """Write each part's own secrets into its file: the supervisor, which starts all of them, gets none."""
    shutil.rmtree(home / SECRETS, ignore_errors=True)
    (home / SECRETS).mkdir(mode=0o700)
    for part in parts:
        if part.kind is not None:
            write_private(part.secrets_in(home), json.dumps(settings.secrets_for(part.kind)))


def configuration(home: Path, parts: Sequence[Part]) -> str:
    """Return the text of supervisord.conf.

    Raises:
        NotConfigured: a path cannot be written there.
    """
    user = "user=root\n" if os.geteuid() == 0 else ""
    folder = _escape(str(home))
    text = HEAD.format(socket=socket_folder(home) / "supervisor.sock", home=folder, user=user)
    return text + "".join(_program(part, home) for part in parts)


def socket_folder(home: Path) -> Path:
    """Return a private folder whose path is short; it is made where it is missing.

    Raises:
        NotConfigured: somebody else has made it before us.
    """
    folder = Path("/tmp") / f"callsheet-{os.geteuid()}-{tag_of(home)}"  # noqa: S108 - checked below to be ours
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise NotConfigured(setting="CALLSHEET_HOME", message=f"{folder} is not a private folder of ours. Remove it.")
    return folder


def _program(part: Part, home: Path) -> str:
    return PROGRAM.format(
        name=part.name,
        command=_escape(shlex.join(part.command_for(home))),
        directory="/" if part.clean else _escape(str(SOURCE)),
        stop_signal=part.stop_signal,
        stop_seconds=part.stop_seconds,
        home=_escape(str(home)),
        user=f"user={part.account.name}\n" if part.account else "",
    )


def _escape(text: str) -> str:
    """Escape a value for supervisord's file, where `%` expands and a blank before `;` or `#` starts a comment."""
    if any(sign in text for sign in (" ;", " #", "\t;", "\t#", "\n")):
        raise NotConfigured(setting="CALLSHEET_HOME", message=f"A path may not hold ' ;', ' #' or a line break: {text}")
    return text.replace("%", "%%")
