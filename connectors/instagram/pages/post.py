"""How is a post of Instagram commented on, and how are its comments read?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.pages.comments import Comments
from connectors.browser.pages.screen import path_below
from connectors.instagram.manifest import MANIFEST
from connectors.instagram.pages.chrome import Chrome
from shared.errors import ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request

POST = re.compile(MANIFEST.post_path)
PERMALINK = re.compile(r"/c/(\d+)/?$")


class Post(Chrome, Comments):
    """A post with its comments; newest or most relevant first."""

    number: ClassVar[re.Pattern[str]] = PERMALINK
    older: ClassVar[str] = "comment_older"

    async def arrive(self, request: Request) -> None:
        """Load the post; see the contract."""
        match = POST.fullmatch(path_below(self.account.origin, request.target, MANIFEST.hosts))
        if match is None:
            raise ContentRejected(code="wrong_target", message=f"{request.target[:200]} is no address of a post.")
        await self.enter(f"{self.account.origin}/{match[1]}/{match[2]}/", self.composer)
