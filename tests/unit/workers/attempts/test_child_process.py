"""Does a child of a pool go on sharing with its parent what was loaded before the fork?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.plain import untraced
from tests.support.stack import ROOT

PAGES = Path("/proc/self/smaps_rollup")
# Forks twice, first without a word and then as Celery does; each child says how many bytes of its own it gets by one
# full collection.
FORKED = """
import gc, json, os
from celery.signals import worker_before_create_process
import workers.tasks

def own():
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))

def copied():
    reading, writing = os.pipe()
    if os.fork() == 0:
        before = own()
        gc.collect()
        os.write(writing, str(own() - before).encode())
        os._exit(0)
    os.wait()
    return int(os.read(reading, 20))

unannounced = copied()
worker_before_create_process.send(sender=None)
print(json.dumps([unannounced, copied()]))
"""


@pytest.mark.skipif(not (hasattr(os, "fork") and PAGES.exists()), reason="only Linux says which pages are shared")
def test_a_collection_in_a_child_copies_nothing_of_what_was_loaded_before(tmp_path: Path):
    settings = {"CALLSHEET_HOME": str(tmp_path), "CALLSHEET_REDIS_URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run(
        [sys.executable, "-c", FORKED], cwd=ROOT, env=untraced() | settings, capture_output=True, text=True, check=True
    )
    unannounced, announced = json.loads(done.stdout)
    assert announced < unannounced / 10
