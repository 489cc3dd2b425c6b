"""What do all pages of Sora share: who is signed in?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.pages.screen import Screen
from connectors.sora.errors import REFUSALS

if TYPE_CHECKING:
    from connectors.browser.pages.refusal import Refusals


class Chrome(Screen):
    """The frame that all screens of Sora share."""

    folder: ClassVar[Path] = Path(__file__).parent
    refusals: ClassVar[Refusals] = REFUSALS

    def handle_of(self, link: str) -> str:
        """Return the handle in a link to a profile: the last part of its path."""
        return handle_in(link)


def handle_in(link: str) -> str:
    """Return the handle in a link to a profile: the last part of its path."""
    return link.rstrip("/").rpartition("/")[2]
