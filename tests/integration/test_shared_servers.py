"""Do the servers of a test run end with it, also when one of its processes died?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.servers import shared_servers

ROOT = Path(__file__).resolve().parents[2]
DIES = """
import os, pathlib, sys
from tests.support.servers import shared_servers

with shared_servers(pathlib.Path(sys.argv[1]), "gw0"):
    os._exit(9)
"""


def test_the_servers_of_a_process_that_died_serve_the_next_one_and_end_with_it(tmp_path):
    folder = tmp_path / "servers"
    died = subprocess.run([sys.executable, "-c", DIES, folder], cwd=ROOT, check=False)
    assert died.returncode == 9

    with shared_servers(folder, "gw1") as servers:
        servers.run("SELECT 1")
        state = json.loads((folder / "state.json").read_text())

    for name in ("postgres", "redis"):
        # Whoever adopted it may not have taken notice of its end yet.
        assert not psutil.pid_exists(state[name]) or psutil.Process(state[name]).status() == psutil.STATUS_ZOMBIE
