"""How is a direct message written on X, and how is its conversation read?"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.conversation import Conversation
from connectors.browser.pages.screen import Field, Row
from connectors.x.pages.chrome import HANDLE, Chrome

ARRIVED = {"sent", "delivered", "read"}
FAILED = {"failed", "error"}


class Chat(Chrome, Conversation):
    """The conversation with one person, reached within the page: a full load would ask for the passcode again."""

    site: ClassVar[str] = "X"
    handles: ClassVar[re.Pattern[str]] = HANDLE
    profile: ClassVar[str] = "/{}"
    fields: ClassVar[dict[str, Field]] = {
        "id": Field("", "data-dm-message-row"),
        "text": Field("message_text", "text"),
        "status": Field("", "data-send-status"),
    }

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """Return a message; own ones show their status, and their id counts once they have arrived."""
        status = values["status"]
        own = status is not None
        arrived = values["id"] or "" if not own or status in ARRIVED else ""
        return Row(arrived, values["text"] or "", own, url=address, failed=status or "" if status in FAILED else "")
