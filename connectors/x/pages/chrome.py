"""What do all pages of X share: who is signed in, and what may be in the way?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.pages.screen import Screen
from connectors.x.errors import REFUSALS

if TYPE_CHECKING:
    from connectors.browser.pages.refusal import Refusals

HANDLE = re.compile(r"[A-Za-z0-9_]{1,30}")  # X gives out at most 15 characters; the length of old handles is not published


class Chrome(Screen):
    """The frame that all screens of X share."""

    folder: ClassVar[Path] = Path(__file__).parent
    refusals: ClassVar[Refusals] = REFUSALS

    def handle_of(self, link: str) -> str:
        """Return the handle in a link to a profile: the last part of its path."""
        return handle_in(link)


def handle_in(link: str) -> str:
    """Return the handle in a link to a profile: the last part of its path."""
    last = link.rstrip("/").rpartition("/")[2]
    return last if HANDLE.fullmatch(last) else ""
