"""`python -m tests.simulation 1000` runs so many seeds on all cores, and prints what went wrong."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from shared.engine.rules.gates import GATES
from tests.simulation.model import draw
from tests.simulation.oracle import violations
from tests.simulation.run import Run


def week(seed: int) -> list[str]:
    """What went wrong with a seed."""
    return list(violations(Run(draw(seed), GATES).go()))


def main(seeds: int) -> int:
    """How many seeds went wrong."""
    with ProcessPoolExecutor() as pool:
        found = {seed: wrong for seed, wrong in enumerate(pool.map(week, range(seeds), chunksize=10)) if wrong}
    for seed, wrong in found.items():
        sys.stdout.write(f"seed {seed}: {'; '.join(wrong)}\n")
    sys.stdout.write(f"{seeds} seeds, {len(found)} went wrong\n")
    return len(found)


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))
