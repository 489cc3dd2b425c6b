"""What do all pages of Threads share: who is signed in, and what may be in the way?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.pages.screen import Screen
from connectors.threads.errors import REFUSALS

if TYPE_CHECKING:
    from connectors.browser.pages.refusal import Refusals

PROFILE = re.compile(r"/@([A-Za-z0-9._]{1,30})/?(?:[?#].*)?$")


class Chrome(Screen):
    """The frame that all screens of Threads share."""

    folder: ClassVar[Path] = Path(__file__).parent
    refusals: ClassVar[Refusals] = REFUSALS

    def handle_of(self, link: str) -> str:
        """Return the handle in a link to a profile: what follows `/@`."""
        return handle_in(link)


def handle_in(link: str) -> str:
    """Return the handle in a link to a profile: what follows `/@`."""
    match = PROFILE.search(link)
    return match[1] if match else ""
