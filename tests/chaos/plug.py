"""How do the test platforms get into the real registry? Their folders stand beside the product's, before it is read.

Each has a pool of its own, so that each can be struck alone.
"""

from __future__ import annotations

from pathlib import Path

import connectors
from shared.settings import Settings
from shared.task_types.dm import SPEC
from shared.task_types.spec import RetryRule
from tests.chaos import clock

PLATFORMS = ("keyed", "searchable", "blind")

clock.follow()
connectors.__path__.append(str(Path(__file__).parent / "connectors"))
# What is tried again is tried again within the run.
object.__setattr__(SPEC, "retry", RetryRule(base_s=0.3, cap_s=2))
# Shorter than a fault that holds an intent, so that an attempt's time is over while its intent is being written.
object.__setattr__(SPEC, "timeout_s", 8)

from connectors import pools  # noqa: E402 - it reads the registry

of_the_product = pools.pools


def each_alone(settings: Settings) -> dict[str, pools.Pool]:
    """The product's pools, and one for each test platform."""
    own = {name: pools.Pool(name, (f"api.{name}",), concurrency=1, host_bound=False) for name in PLATFORMS}
    return of_the_product(settings) | own


pools.pools = each_alone
