"""`python -m tests.chaos --seconds 600 --seed 1` strikes everything that runs, and exits 1 where anything was violated."""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos.faults import KINDS
from tests.chaos.run import run

LONG_S = 300
BROWSED = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None, help="the same seed makes the same plan")
    parser.add_argument("--no-faults", action="store_true", help="the same work, undisturbed")
    parser.add_argument("--only", default="", choices=sorted(kind.name for kind in KINDS), help="one kind of fault alone")
    parser.add_argument("--through-browser", type=int, default=None, help="tasks through Chromium; 40 in a long run")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything that was started ends with us
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(10_000) if asked.seed is None else asked.seed
    folder = Path(tempfile.mkdtemp(prefix="callsheet-chaos-"))
    sys.stdout.write(f"seed {seed}, {asked.seconds:g} s\n")
    share = asked.through_browser if asked.through_browser is not None else BROWSED if asked.seconds >= LONG_S else 0
    if run(asked.seconds, seed, folder, faults=not asked.no_faults, through_browser=share, only=asked.only):
        shutil.rmtree(folder)
        sys.stdout.write("Nothing was violated.\n")
        return 0
    sys.stdout.write(f"Violated. The logs are in {folder}.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
