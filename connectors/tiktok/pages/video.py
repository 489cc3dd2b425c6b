"""How is a video of TikTok commented on, and how are its comments read?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.pages.comments import Comments
from connectors.browser.pages.screen import path_below
from connectors.tiktok.manifest import MANIFEST
from connectors.tiktok.pages.chrome import Chrome
from shared.errors import ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request

VIDEO = re.compile(MANIFEST.post_path)
PERMALINK = re.compile(r"[?&]comment_id=(\d+)")


class Video(Chrome, Comments):
    """A video with its comments, which appear when their button is pressed."""

    number: ClassVar[re.Pattern[str]] = PERMALINK

    async def arrive(self, request: Request) -> None:
        """Load the video and open its comments; see the contract."""
        match = VIDEO.fullmatch(path_below(self.account.origin, request.target, MANIFEST.hosts))
        if match is None:
            raise ContentRejected(code="wrong_target", message=f"{request.target[:200]} is no address of a video.")
        address = f"{self.account.origin}/@{match[1]}/{match[2]}/{match[3]}"
        if await self.enter(address, self.composer, "comment_open") == "comment_open":
            await self.click_to("comment_open", self.composer)
