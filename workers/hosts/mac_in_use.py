"""May a session on this Mac's Safari begin? Not while `connectors/browser/safari/mac_in_use.py` says the lane pauses."""

from __future__ import annotations

from datetime import datetime

from connectors.browser.safari.mac_in_use import resting
from shared.settings import Settings
from workers.interrupted import GateClosed


async def require_free(settings: Settings, now: datetime) -> None:
    """Check that the lane may work: the last check, since a person may come back between two reports of the worker.

    Raises:
        GateClosed: not now; it says why, and waits until the lane opens or the person may have gone.
    """
    if held := await resting(settings, now):
        raise GateClosed(message=f"lane: {held.reason}", wait_s=held.wait_s)
