"""Why did a run do nothing? In one sentence: its search found nothing, or nothing fitting."""

from __future__ import annotations

from collections.abc import Mapping


def nothing_done(found: int, skipped: Mapping[str, int]) -> str:
    """Return why a search led to no comment; "" where it led to one."""
    if not found:
        return "The search found nothing."
    if found > sum(skipped.values()):
        return ""
    reasons = ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in sorted(skipped.items()))
    return f"The search found {found} posts, and none of them was fit: {reasons}."
