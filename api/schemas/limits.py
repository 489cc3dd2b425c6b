"""How does a client set limits?"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.tasks import WHOLE, Body
from api.schemas.tasks_scope import UUID_PATTERN
from shared.engine.rules.limits import ANY, Limits, Quiet, Rule, Spacing
from shared.task_types.payload.hours import Clock

LIMIT_SCOPE = (
    rf"^(workspace|platform:[^\x00]{{1,60}}|persona:{UUID_PATTERN}"
    rf"|account:[^/\x00]{{1,60}}/[A-Za-z0-9._@-]{{1,100}}|account:{UUID_PATTERN})$"
)
LimitScopeName = Annotated[str, StringConstraints(pattern=LIMIT_SCOPE)]
LONGEST_WINDOW_S = 30 * 86_400
LONGEST_PAUSE_S = 86_400


class RuleBody(Body):
    """At most `max` of an action in any window."""

    action: Annotated[str, StringConstraints(pattern=r"^[^\x00]{1,40}$")] = Field(
        description="Such as `comment` or `dm`; `*` is any outward action."
    )
    window_s: Annotated[int, Field(strict=True, ge=60, le=LONGEST_WINDOW_S), WHOLE] = Field(
        description="The rolling window in seconds, 30 days at most."
    )
    max: Annotated[int, Field(strict=True, ge=0, le=100_000), WHOLE] = Field(description="0 lets nothing through.")


class QuietBody(Body):
    """The hours in which nothing outward begins."""

    start: Clock = Field(alias="from", description="`HH:MM`; 00:00 is midnight.")
    to: Clock = Field(description="`HH:MM`, the next day where it is earlier.")
    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        None, description="An IANA zone; the persona's where there is none."
    )

    def quiet(self) -> Quiet:
        """Return it as the scheduler takes it."""
        return Quiet(time.fromisoformat(self.start), time.fromisoformat(self.to), self.zone or "")


class LimitsBody(Body):
    """All limits of a scope; one that is left out no longer holds."""

    rules: list[RuleBody] = Field([], max_length=20)
    spacing_s: (
        tuple[
            Annotated[float, Field(strict=True, ge=0, le=LONGEST_PAUSE_S)],
            Annotated[float, Field(strict=True, ge=0, le=LONGEST_PAUSE_S)],
        ]
        | None
    ) = Field(None, description="Between any two actions lie at least so many seconds, drawn between these two.")
    quiet: QuietBody | None = None

    def limits(self) -> Limits:
        """Return them as the scheduler takes them."""
        return Limits(
            rules=tuple(Rule(one.action, one.window_s, one.max) for one in self.rules),
            spacing=() if self.spacing_s is None else (Spacing(ANY, *sorted(self.spacing_s)),),
            quiet=None if self.quiet is None else self.quiet.quiet(),
        )


LIMITS_EXAMPLES: dict[str, Any] = {
    "gentle": {
        "summary": "Five an hour, a minute or more apart, nothing at night",
        "value": {
            "rules": [{"action": "dm", "window_s": 3600, "max": 5}, {"action": "*", "window_s": 86400, "max": 60}],
            "spacing_s": [60, 180],
            "quiet": {"from": "21:00", "to": "09:00", "zone": "Europe/Berlin"},
        },
    }
}
