"""May a thread log while standard output is replaced, as pytest does at every test?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPLACES = """
import io, sys, threading, time
import structlog
from tests.support.output import log_safely

class Slow(io.StringIO):
    def write(self, text):
        time.sleep(0)  # lets the other thread go on
        return super().write(text)

sys.setswitchinterval(1e-6)
log_safely()
log, ends = structlog.get_logger(), time.monotonic() + 2

def say():
    while time.monotonic() < ends:
        log.info("it goes on")

sys.stdout = Slow()
speaker = threading.Thread(target=say)
speaker.start()
while speaker.is_alive():
    sys.stdout = Slow()
    time.sleep(0)
"""


def test_a_thread_may_log_while_standard_output_is_replaced():
    done = subprocess.run([sys.executable, "-c", REPLACES], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
