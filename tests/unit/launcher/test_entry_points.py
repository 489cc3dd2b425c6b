"""Is the launcher, once it has loaded everything, fit to be forked?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.entry_points import ENTRY_POINTS, entry_point

ROOT = Path(__file__).resolve().parents[3]
# A process of its own: this one has threads, files and settings.
LOAD = """
import gc, json, os, threading
from shared import settings

def refuse(*_, **__):
    raise AssertionError("settings were read before the fork")

settings.load_settings = refuse
given = dict(os.environ)
listed = {name: set(os.listdir(f"/proc/self/{name}")) for name in ("fd", "task")}
from launcher.entry_points import load_all
load_all()
new = {name: sorted(set(os.listdir(f"/proc/self/{name}")) - before) for name, before in listed.items()}
from workers.app import app
import psutil
print(json.dumps({
    "new": new,
    "threads": threading.active_count(),
    "frozen": gc.get_freeze_count(),
    "collects": gc.isenabled(),
    "configured": app.configured,
    "children": len(psutil.Process().children()),
    "environment": given == dict(os.environ),
}))
"""
# It would not load with any of these, had it read them.
UNREADABLE = {"CALLSHEET_PORT": "none", "CALLSHEET_SAFARI": "none"}


@pytest.mark.skipif(sys.platform != "linux", reason="a process's threads and files are read in /proc, and only Linux forks")
def test_after_the_imports_there_is_one_thread_and_no_open_file_and_no_setting_was_read():
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, env=UNREADABLE, capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["new"] == {"fd": [], "task": []}
    assert found["threads"] == 1
    assert found["frozen"] > 100_000
    assert found["collects"]
    assert not found["configured"]
    assert found["children"] == 0
    assert found["environment"]


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_every_entry_point_is_a_function(name: str):
    assert callable(entry_point(name))


def test_what_is_not_ours_has_no_entry_point():
    assert entry_point("sandbox") is None
    assert entry_point("http.server") is None
