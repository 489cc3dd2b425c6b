"""How is a video of TikTok commented on, and how are its comments read?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.screen import Field, Row, path_below
from connectors.tiktok.manifest import MANIFEST
from connectors.tiktok.pages.chrome import Chrome
from shared.errors import ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request

VIDEO = re.compile(r"/@([A-Za-z0-9._]{1,30})/(video|photo)/(\d{5,25})/?")
PERMALINK = re.compile(r"[?&]comment_id=(\d+)")


class Video(Chrome):
    """A video with its comments, which come when their button is pressed."""

    row: ClassVar[str] = "comment_row"
    composer: ClassVar[str] = "comment_composer"
    submit: ClassVar[str] = "comment_submit"
    id_field: ClassVar[str] = "permalink"
    fields: ClassVar[dict[str, Field]] = {
        "author": Field("comment_author", "href"),
        "text": Field("comment_text", "text"),
        "permalink": Field("comment_permalink", "href"),
    }

    async def arrive(self, request: Request) -> None:
        """Load the video and open its comments; see the contract."""
        match = VIDEO.fullmatch(path_below(self.account.origin, request.target, MANIFEST.hosts))
        if match is None:
            raise ContentRejected(code="wrong_target", message=f"{request.target[:200]} is no address of a video.")
        await self.enter(f"{self.account.origin}/@{match[1]}/{match[2]}/{match[3]}")
        if await self.settle_on(self.composer, "comment_open") == "comment_open":
            await self.driver.click(self.locator("comment_open"))
            await self.settle_on(self.composer)

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """A comment; while it has no permalink it has not arrived."""
        del address  # a comment has its own
        permalink = values["permalink"] or ""
        match = PERMALINK.search(permalink)
        own = self.is_own(self.handle_of(values["author"] or ""))
        return Row(id=match[1] if match else "", text=values["text"] or "", own=own, url=permalink)
