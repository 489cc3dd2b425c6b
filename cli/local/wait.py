"""How do we wait for something to become true, within a time limit?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], *, seconds: float, step: float = 0.05) -> Found:
    """Call `look` every `step` seconds until it returns something true; return its last result after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(step)
    return found
