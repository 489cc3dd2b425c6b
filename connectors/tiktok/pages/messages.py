"""How is a direct message written on TikTok, and how is its chat read?"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.conversation import Conversation
from connectors.tiktok.pages.chrome import HANDLE, Chrome


class Chat(Chrome, Conversation):
    """The chat with one person."""

    site: ClassVar[str] = "TikTok"
    handles: ClassVar[re.Pattern[str]] = HANDLE
    profile: ClassVar[str] = "/@{}"
