"""Which code does each capability of TikTok?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.browser.writing import Writing
from connectors.tiktok.pages.messages import Chat
from connectors.tiktok.pages.video import Video

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.contract.action import Action

ACTIONS: dict[tuple[str, str], Action[BrowserSession]] = {
    ("comment", "chromium"): Writing(Video, max_length=150),
    ("dm", "chromium"): Writing(Chat, max_length=1000),
}
