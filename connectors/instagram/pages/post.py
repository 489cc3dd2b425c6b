"""How is a post of Instagram commented on, and how are its comments read?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.screen import Field, Row, path_below
from connectors.instagram.manifest import MANIFEST
from connectors.instagram.pages.chrome import Chrome
from shared.errors import ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request

POST = re.compile(r"(?:/[A-Za-z0-9._]{1,30})?/(p|reel|tv)/([A-Za-z0-9_-]{1,64})/?")
PERMALINK = re.compile(r"/c/(\d+)/?$")


class Post(Chrome):
    """A post with its comments; newest or most relevant first."""

    row: ClassVar[str] = "comment_row"
    composer: ClassVar[str] = "comment_composer"
    submit: ClassVar[str] = "comment_submit"
    older: ClassVar[str] = "comment_older"
    id_field: ClassVar[str] = "permalink"
    fields: ClassVar[dict[str, Field]] = {
        "author": Field("comment_author", "href"),
        "text": Field("comment_text", "text"),
        "permalink": Field("comment_permalink", "href"),
    }

    async def arrive(self, request: Request) -> None:
        """Load the post; see the contract."""
        match = POST.fullmatch(path_below(self.account.origin, request.target, MANIFEST.hosts))
        if match is None:
            raise ContentRejected(code="wrong_target", message=f"{request.target[:200]} is no address of a post.")
        await self.enter(f"{self.account.origin}/{match[1]}/{match[2]}/")
        await self.settle_on(self.composer)

    def read_row(self, values: dict[str, str | None], address: str) -> Row:  # noqa: ARG002 - a comment has its own address
        """A comment; while it has no permalink it has not arrived."""
        permalink = values["permalink"] or ""
        match = PERMALINK.search(permalink)
        own = self.is_own(self.handle_of(values["author"] or ""))
        return Row(id=match[1] if match else "", text=values["text"] or "", own=own, url=permalink)
