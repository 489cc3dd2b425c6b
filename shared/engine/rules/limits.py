"""How much may be done, by whom, in which time? Rules of four kinds of scope, with defaults.

The defaults for an account of a platform stand in its connector's manifest. A practice account has only limits that
somebody has set.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from shared.platform_rules import NOTHING, Limits, Quiet, Rule, Spacing, rules_of

__all__ = ["ANY", "NOTHING", "Limits", "Quiet", "Rule", "Spacing", "covers", "default_for", "from_json", "to_json"]

HOUR, DAY = 3600, 86_400
ANY = "*"


# All platforms together.
BY_PERSONA = Limits(rules=(Rule(ANY, HOUR, 30), Rule(ANY, DAY, 150)), spacing=(Spacing(ANY, 60, 60),))

SAME_TEXT = timedelta(hours=24)  # the same comment by one account
SIMILAR_TO_LAST = 5  # how many earlier comments a comment is compared with
TOO_SIMILAR = 0.9  # of 1, by difflib's ratio


def default_for(scope: str, platform: str | None, *, practice: bool) -> Limits:
    """Return the limits of a scope (`account:…`, `persona:…`, `platform:…`, `workspace`) for which none were set."""
    if practice:
        return NOTHING
    if scope.startswith("account:"):
        return rules_of(platform).limits
    return BY_PERSONA if scope.startswith("persona:") else NOTHING


def to_json(limits: Limits) -> dict[str, Any]:
    """Return limits as they are stored."""
    return {
        "rules": [{"action": rule.action, "window_s": rule.window_s, "max": rule.max} for rule in limits.rules],
        "spacing": [{"action": one.action, "min_s": one.min_s, "max_s": one.max_s} for one in limits.spacing],
        "quiet": None
        if limits.quiet is None
        else {"from": f"{limits.quiet.start:%H:%M}", "to": f"{limits.quiet.end:%H:%M}", "zone": limits.quiet.zone},
    }


def from_json(stored: Mapping[str, Any]) -> Limits:
    """Return stored limits."""
    quiet = stored.get("quiet")
    return Limits(
        rules=tuple(Rule(one["action"], one["window_s"], one["max"]) for one in stored.get("rules", ())),
        spacing=tuple(Spacing(one["action"], one["min_s"], one["max_s"]) for one in stored.get("spacing", ())),
        quiet=quiet and Quiet(time.fromisoformat(quiet["from"]), time.fromisoformat(quiet["to"]), quiet["zone"]),
    )


def covers(ruled: str, action: str) -> bool:
    """Return whether a rule for `ruled` applies to this action."""
    return ruled in {ANY, action}
