"""How do the test platforms get into the real registry? Their folders stand beside the product's, before it is read."""

from __future__ import annotations

from pathlib import Path

import connectors
from shared.task_types.dm import SPEC
from shared.task_types.spec import RetryRule

PLATFORMS = ("keyed", "searchable", "blind")

connectors.__path__.append(str(Path(__file__).parent / "connectors"))
# What is tried again is tried again within the run.
object.__setattr__(SPEC, "retry", RetryRule(base_s=0.3, cap_s=2))
