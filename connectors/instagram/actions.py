"""Which code does each capability of Instagram?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.browser.writing import Writing
from connectors.instagram.pages.direct import DirectThread
from connectors.instagram.pages.post import Post

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.contract.action import Action


def utf8_length(text: str) -> int:
    """Bytes of UTF-8, by which Instagram measures a message."""
    return len(text.encode())


ACTIONS: dict[tuple[str, str], Action[BrowserSession]] = {
    ("comment", "chromium"): Writing(Post, max_length=2200),
    ("dm", "chromium"): Writing(DirectThread, max_length=1000, length=utf8_length, unit="bytes"),
}
