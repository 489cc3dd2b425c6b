"""Does everything hold for half a minute of chaos? Work through the gateway while each family of faults strikes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.plain import untraced
from tests.support.stack import ROOT

SEED = 7
LONGEST_S = 210


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_S + 20)
def test_half_a_minute_of_chaos_violates_nothing():
    # In a process of its own, since the test platforms stand in the real registry there.
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--seconds", "30", "--seed", str(SEED)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=untraced(),
        timeout=LONGEST_S,
    )

    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-2000:]}"
