"""Which pool of ours does what the peers' tasks do? One of its own, whose probes do so by their lane (`ours_app.py`)."""

from __future__ import annotations

import os

from connectors.pools import Pool

# Lanes of the measurements' own host (`benchmarks/host.py`), which no other pool serves.
NOOP, WAIT, FLAKY = "chromium.bench.instagram", "chromium.bench.x", "chromium.bench.threads"
POOL = Pool("bench", (NOOP, WAIT, FLAKY), concurrency=int(os.environ.get("BENCH_PROCESSES", "1")), host_bound=False)
