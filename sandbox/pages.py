"""Which endpoints does every practice site have?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.site import Site


class Pages:
    """The pages that are everywhere, and the writes; each site adds its own."""

    def __init__(self, site: Site) -> None:
        """Keep the site that is served."""
        self.site = site
        self.platform = site.platform

    async def home(self, request: Request) -> Response:
        """Answer the front page."""
        return await self.site.page(request, "home")

    async def login(self, request: Request) -> Response:
        """Answer the login form, also to who is signed in already."""
        return self.site.skeleton(request, "login")

    async def challenge(self, request: Request) -> Response:
        """Answer the page that asks for a person."""
        return self.site.skeleton(request, "challenge")

    async def missing(self, request: Request) -> Response:
        """Answer for addresses where nothing is."""
        return await self.page_or_missing(request, "missing", there=False)

    async def page_or_missing(self, request: Request, page: str, *, there: bool) -> Response:
        """Answer a page where there is something to show."""
        return await self.site.page(request, page if there else "missing", status=200 if there else 404)

    async def comment(self, request: Request) -> Response:
        """Write a comment."""
        return await self.site.write(request, "comment")

    async def message(self, request: Request) -> Response:
        """Write a direct message."""
        return await self.site.write(request, "dm")
