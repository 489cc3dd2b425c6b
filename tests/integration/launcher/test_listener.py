"""Does a part start at the first connection, answer that one too, and end and start again without a connection lost?"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from cli.local.port import kept_or_free
from cli.local.supervision.part import Part
from cli.local.supervision.supervisor import LISTENING, SOURCE, Supervisor, configuration, socket_folder
from cli.local.wait import wait_for
from shared.errors import Transient
from shared.private_file import write_private

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every part is started at once")

# Answers each connection with its pid, and ends in order when told to.
PROGRAM = """
import os, socket
assert (os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"]) == (str(os.getpid()), "1")
with socket.socket(fileno=3) as listening:
    while True:
        connection, _ = listening.accept()
        with connection:
            word = connection.recv(100)
            connection.sendall(f"{os.getpid()} {len(os.listdir('/proc/self/fd'))}".encode())
        if word == b"end":
            break
"""


@dataclass(frozen=True)
class Launched:
    """A launcher with one part that it listens for."""

    process: subprocess.Popen[bytes]
    asked: Supervisor
    part: Part

    def word(self) -> str:
        """How the part is."""
        return self.asked.states()[self.part.name].word

    def say(self, word: str) -> int:
        """Connect, and return the pid of who answers."""
        assert self.part.listens
        with socket.create_connection(self.part.listens, timeout=20) as connection:
            connection.sendall(word.encode())
            pid, files = connection.recv(100).split()
        assert int(files) <= 6  # its streams, what it listens on, this connection, and the folder it looks at
        return int(pid)


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launched]:
    (tmp_path / "logs").mkdir()
    (tmp_path / "program.py").write_text(PROGRAM)
    other = Part("other", (sys.executable, "-c", "pass"), listens=("127.0.0.1", kept_or_free(None)))
    command = (sys.executable, "-S", str(tmp_path / "program.py"))
    part = Part("late", command, listens=("127.0.0.1", kept_or_free(None)))
    write_private(tmp_path / "supervisord.conf", configuration(tmp_path, [part, other]))
    command = (sys.executable, "-m", "launcher", "-n", "-c", str(tmp_path / "supervisord.conf"))
    process, asked = subprocess.Popen(command, cwd=SOURCE), Supervisor(tmp_path)
    try:
        assert wait_for(asked.answers, seconds=20)
        asked.start(other)
        asked.start(part)
        yield Launched(process, asked, part)
    finally:
        process.terminate()
        process.wait(30)
        socket_folder(tmp_path).joinpath("supervisor.sock").unlink(missing_ok=True)
        socket_folder(tmp_path).rmdir()


def test_the_first_connection_starts_it_and_is_answered(launched):
    assert launched.word() == LISTENING
    assert psutil.Process(launched.process.pid).children() == []
    pid = launched.say("hello")
    assert launched.say("again") == pid == launched.asked.states()["late"].pid


def test_after_an_end_in_order_the_next_connection_starts_it_again(launched):
    first = launched.say("end")
    assert launched.say("hello") != first


def test_one_that_was_killed_is_started_again_by_itself(launched):
    pid = launched.say("hello")
    assert wait_for(lambda: launched.word() == "RUNNING", seconds=20)
    psutil.Process(pid).kill()
    assert wait_for(lambda: launched.asked.states()["late"].pid not in {0, pid}, seconds=20)


def test_one_that_was_stopped_stays_so(launched):
    launched.say("hello")
    launched.asked.stop(["late"])
    assert launched.word() == "STOPPED"


def test_an_address_that_is_taken_is_an_error_that_says_so(launched):
    with pytest.raises(Transient, match="late cannot listen on 127"):
        launched.asked.start(launched.part)


def test_a_supervisor_that_an_earlier_version_has_started_is_asked_and_stopped_all_the_same(tmp_path):
    (tmp_path / "logs").mkdir()
    before, after = "[rpcinterface:launcher]", "supervisor.rpcinterface_factory=launcher.interface:make"
    text = configuration(tmp_path, [Part("part", ("/bin/cat",))]).replace(before, "").replace(after, "")
    write_private(tmp_path / "supervisord.conf", text)
    command = (sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(tmp_path / "supervisord.conf"))
    process, asked = subprocess.Popen(command, cwd=SOURCE), Supervisor(tmp_path)
    try:
        assert wait_for(asked.answers, seconds=20)
        assert [state.word for state in asked.states().values()] == ["STOPPED"]
        asked.shutdown()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        socket_folder(tmp_path).joinpath("supervisor.sock").unlink(missing_ok=True)
        socket_folder(tmp_path).rmdir()
