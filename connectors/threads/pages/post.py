"""How is a post of Threads replied to, and how are its replies read?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from connectors.browser.pages.comments import Comments
from connectors.browser.pages.screen import Field, Row, path_below
from connectors.threads.manifest import MANIFEST
from connectors.threads.pages.chrome import Chrome
from shared.errors import ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request

POST = re.compile(MANIFEST.post_path)
PERMALINK = re.compile(r"/post/([A-Za-z0-9_-]+)/?$")
FAILED = "failed"


class Post(Chrome, Comments):
    """A post with its replies; a press of the post's own reply button opens the composer."""

    number: ClassVar[re.Pattern[str]] = PERMALINK
    fields: ClassVar[dict[str, Field]] = {**Comments.fields, "failed": Field("comment_failed", "text")}

    async def arrive(self, request: Request) -> None:
        """Load the post and open the box; see the contract."""
        match = POST.fullmatch(path_below(self.account.origin, request.target, MANIFEST.hosts))
        if match is None:
            raise ContentRejected(code="wrong_target", message=f"{request.target[:200]} is no address of a post.")
        address = f"{self.account.origin}/@{match[1]}/post/{match[2]}"
        if await self.enter(address, self.composer, "comment_open") == "comment_open":
            await self.click_to("comment_open", self.composer)

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """Return a reply; the post itself is in the same list and gets no id. A failed reply stays there and says so."""
        row = super().read_row(values, address)
        if row.id:
            return replace(row, id="") if urlsplit(row.url).path == urlsplit(address).path else row
        said = (values["failed"] or "").strip()
        return replace(row, failed=said) if FAILED in said.casefold() else row
