"""How does a test say what a page has shown? As the row that a look leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

_SEEN = """
    INSERT INTO credit_observations
        (workspace_id, platform, account_id, known, free, paid, refreshes_at, refreshed, checked_at)
    SELECT workspace_id, platform, id, %(known)s, %(free)s, %(paid)s, %(refreshes_at)s, %(refreshed)s,
           coalesce(%(checked_at)s, now())
    FROM accounts WHERE platform = 'sora' AND handle = 'demo'
"""


def seen(
    query: Callable[..., Any],
    free: int | None,
    *,
    refreshes_at: datetime | None = None,
    refreshed: bool = False,
    checked_at: datetime | None = None,
) -> None:
    """A look that found so many free credits, or (None) could not be read."""
    known = free is not None
    more = {"refreshes_at": refreshes_at, "refreshed": refreshed, "checked_at": checked_at}
    query(_SEEN, known=known, free=free, paid=0 if known else None, **more)


def forget(query: Callable[..., Any]) -> None:
    """As if nobody had ever looked, and nobody wanted any."""
    query("UPDATE tasks SET status = 'cancelled', wake_key = NULL WHERE status IN ('pending', 'scheduled', 'queued')")
    query("DELETE FROM credit_reservations")
    query("DELETE FROM credit_observations")
