"""How do we wait for something to become true, with an end?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], *, seconds: float, step: float = 0.05) -> Found:
    """Look again every `step` seconds until the answer is true-ish; the last answer after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(step)
    return found
