"""A pool over the test platforms, as `python -m workers.pools NAME` becomes one."""

from __future__ import annotations

import os
import sys

from tests.chaos import plug  # isort: skip - first: the registry is read once
from connectors.pools import find_pool
from shared.settings import load_settings
from workers.pools import command

__all__ = ["plug"]

if __name__ == "__main__":
    settings = load_settings()
    pool = find_pool(settings, sys.argv[1])
    words = ["tests.chaos.apps.worker_app" if word == "workers.tasks" else word for word in command(pool, settings)]
    environment = os.environ | {"CALLSHEET_POOL": pool.name}
    os.execve(sys.executable, words, environment)
