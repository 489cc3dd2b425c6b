"""The real keeper under a clock that can be stepped, started as `python -m tests.chaos.apps.keeper_app`."""

from __future__ import annotations

import asyncio

from tests.chaos import clock
from workers.keeper import main

if __name__ == "__main__":
    clock.follow()
    asyncio.run(main())
