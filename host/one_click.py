"""How is the one irreversible click made on the worker's order, so that it is never late and never wrongly called off?

The worker says how many seconds were left when this host's own clock stood at a mark. That clock never jumps. The page
compares with the machine's wall clock, so a step of that during the call makes the outcome unknown.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.browser.door_calls import locator_of, question_of
from connectors.browser.driver import Driver, Pressed
from connectors.browser.page import ALWAYS
from shared.clock import elapsed
from shared.door import LONGEST_WITHIN_S
from shared.errors import CallsheetError, NotConfigured, OutcomeUnknown, Transient

STEP_S = 0.05
LOOKS = 20


@dataclass(frozen=True, slots=True)
class Clocks:
    """The machine's wall clock, which people may set, and the monotonic one; both in seconds."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = elapsed

    def apart(self) -> float:
        """Return how far the wall clock is before the monotonic one; it changes only where somebody sets the wall clock.

        The result is never too large: a pause between the two readings makes a deadline earlier; a long one is read again.
        """
        for _ in range(LOOKS):
            before, wall, after = self.steady(), self.wall(), self.steady()
            if after - before < STEP_S / 10:
                break
        return wall - after


async def click_once(driver: Driver, given: dict[str, Any], *, since: float, clocks: Clocks) -> Pressed:
    """Click if there is still time. `since`: no mark of this connection is older.

    Raises:
        Transient, NotConfigured: certain that it did not click.
        OutcomeUnknown: it may have clicked.
    """
    locator, check = locator_of(given["locator"]), question_of(given.get("check")) or ALWAYS
    deadline = _deadline(given, since=since, now=clocks.steady())
    if clocks.steady() >= deadline:
        return Pressed(clicked=False, why="late")
    before = clocks.apart()
    try:
        pressed = await driver.check_and_click(locator, deadline + before, check)
    except (Transient, NotConfigured):
        raise
    except CallsheetError as error:
        raise OutcomeUnknown(code=error.code, message=error.message) from error
    except Exception as error:
        raise OutcomeUnknown(code="click_unknown", message=f"The click was sent: {type(error).__name__}") from error
    if pressed.clicked and abs(clocks.apart() - before) > STEP_S:
        raise OutcomeUnknown(code="clock_stepped", message="The host's clock was set while it clicked.")
    return pressed


def _deadline(given: dict[str, Any], *, since: float, now: float) -> float:
    mark, left = _number(given.get("mark")), _number(given.get("left"))
    if not since <= mark <= now or left > LONGEST_WITHIN_S:
        raise Transient(code="bad_mark", message="The mark is none that this host gave: nothing was done.")
    return mark + left


def _number(said: object) -> float:
    if not isinstance(said, int | float) or isinstance(said, bool) or not math.isfinite(said):
        raise Transient(code="bad_mark", message="The time left was not said: nothing was done.")
    return float(said)
