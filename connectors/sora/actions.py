"""Which code does each capability of Sora?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sora.pages.usage import ReadUsage

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.contract.reading import CreditsReading, Reader

ACTIONS: dict[tuple[str, str], Reader[BrowserSession, CreditsReading]] = {("credits", "chromium"): ReadUsage()}
