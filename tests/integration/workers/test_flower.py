"""Does Flower serve what the launcher hands it, and end in order when nobody asks any more?"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import suppress

import httpx
import pytest

from shared.settings import Settings
from tests.support.stack import ROOT, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

# As the launcher leaves it: the socket is descriptor 3.
PROGRAM = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), "1"
from workers import flower
flower.IDLE_S = 1.0
flower.main()
"""


def test_flower_answers_on_the_socket_that_it_was_handed_and_ends_with_0_when_nobody_asks(database: Settings):
    told = {name: value for name, value in database.environment_for("flower").items() if name.startswith("CALLSHEET_")}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/healthcheck"
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(listening.fileno())],
            cwd=ROOT,
            env=os.environ | told,
            pass_fds=[listening.fileno()],
        )
    try:
        wait_for("Flower answers", lambda: _answers(url), seconds=30)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=20, trust_env=False).status_code == 200
    return False
