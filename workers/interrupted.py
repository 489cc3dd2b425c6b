"""Why does an attempt end without having done anything outward, and without a fault?"""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import CallsheetError


@dataclass(eq=False)
class GateClosed(CallsheetError):
    """A safety gate closed before the outward step; the task waits again (`wait_s` at least) and loses no retry.

    `wake_key` names the one fact that it waits for, where there is one.
    """

    code: str = "gate_closed"
    wait_s: float = 0
    wake_key: str | None = None


@dataclass(eq=False)
class Cancelled(CallsheetError):
    """Somebody cancelled the task before the outward step."""

    code: str = "cancelled"


@dataclass(eq=False)
class LeaseLost(CallsheetError):
    """The attempt is no longer the one that may act."""

    code: str = "lease_lost"


@dataclass(eq=False)
class NotYet(CallsheetError):
    """Nothing is wrong, and there is nothing to do now: the task waits (`wait_s` at least) and loses no retry.

    Where it has `looked` at something that is being made, another look is no change of the task; `counts` says whether
    the look uses up patience. `awaits` is the step for whose children it waits, however long that takes.
    """

    code: str = "not_yet"
    wait_s: float = 0
    looked: bool = False
    counts: bool = True
    awaits: str | None = None
