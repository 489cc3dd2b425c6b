"""How is a post of X replied to, and how are its replies read?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from connectors.browser.pages.comments import Comments
from connectors.browser.pages.screen import Row, path_below
from connectors.x.manifest import MANIFEST
from connectors.x.pages.chrome import Chrome
from shared.errors import ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request

STATUS = re.compile(MANIFEST.post_path)
PERMALINK = re.compile(r"/status/(\d+)/?$")


class Status(Chrome, Comments):
    """A post with its replies, which are posts too."""

    number: ClassVar[re.Pattern[str]] = PERMALINK

    async def arrive(self, request: Request) -> None:
        """Load the post; see the contract."""
        match = STATUS.fullmatch(path_below(self.account.origin, request.target, MANIFEST.hosts))
        if match is None:
            raise ContentRejected(code="wrong_target", message=f"{request.target[:200]} is no address of a post.")
        await self.enter(f"{self.account.origin}/{match[1]}/status/{match[2]}", self.composer)

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """Return a reply; the post itself is in the same list and gets no id."""
        row = super().read_row(values, address)
        return replace(row, id="") if row.id and urlsplit(row.url).path == urlsplit(address).path else row
