"""Is Celery's app made without reading anything, and configured when it is used?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# A process of its own: here everything is imported by now.
IMPORT = """
import os, threading
from shared import settings

def refuse(*_, **__):
    raise AssertionError("settings were read by an import")

settings.load_settings = settings.Settings.__init__ = refuse
open_before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
import api.__main__, workers.dispatcher, workers.flower, workers.keeper, workers.pools, workers.tasks
open_after = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
print(threading.active_count(), len(open_after - open_before), workers.tasks.app.configured)
"""
CONFIGURE = """
from workers.app import app, process_settings
print(app.conf.broker_url, app.conf.task_acks_late, process_settings().pool, process_settings() is process_settings())
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_every_entry_point_reads_no_settings_and_starts_no_thread():
    assert run(IMPORT) == "1 0 False"


def test_the_app_takes_its_broker_from_the_settings_of_the_process_that_uses_it():
    address = "redis://127.0.0.1:6399/3"

    assert run(CONFIGURE, CALLSHEET_REDIS_URL=address, CALLSHEET_POOL="system") == f"{address} True system True"


def test_an_app_without_a_broker_says_which_setting_is_missing():
    done = subprocess.run(
        [sys.executable, "-c", CONFIGURE], cwd=ROOT, env={}, capture_output=True, text=True, check=False, timeout=60
    )

    assert "No Redis address is set" in done.stderr
