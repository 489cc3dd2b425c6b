"""How is a direct message written on Instagram, and how is its thread read?"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.conversation import Conversation
from connectors.instagram.pages.chrome import HANDLE, Chrome

FAILED = ("failed to send", "couldn't send")


class DirectThread(Chrome, Conversation):
    """The thread with one person."""

    site: ClassVar[str] = "Instagram"
    handles: ClassVar[re.Pattern[str]] = HANDLE
    profile: ClassVar[str] = "/{}/"
    request: ClassVar[tuple[str, ...]] = ("message_request",)

    def failure(self, said: str) -> str:
        """Return the mark's words if they tell of a failure; the mark also says `Seen` and the like."""
        status = said.strip().casefold().replace("\u2019", "'")
        return status if any(words in status for words in FAILED) else ""
