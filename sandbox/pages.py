"""Which endpoints does every practice site have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import hostile, seed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.seed import Post, Remark
    from sandbox.site import Site
    from sandbox.truth import Effect

PAGE = 20  # posts that one answer of a search holds


class Pages:
    """The pages that are everywhere, and the writes; each site adds its own."""

    def __init__(self, site: Site) -> None:
        """Keep the site that is served."""
        self.site = site
        self.platform = site.platform

    def as_json(self, post: Post) -> dict[str, Any]:
        """Answer what scripts draw of a post."""
        counts = seed.counts(self.platform.name, post)
        return {"id": post.id, "author": post.author, "text": post.text, "path": post.path, "at": post.at, **counts}

    def told(self, row: Effect | Remark) -> dict[str, Any]:
        """Answer what scripts draw of a comment or a message."""
        return {"id": row.id, "account": row.account, "text": row.text, "at": row.at}

    async def search(self, request: Request) -> Response:
        """Answer the page of what was searched for."""
        return await self.site.page(request, "search")

    async def activity(self, request: Request) -> Response:
        """Answer the page of what others did."""
        return await self.site.page(request, "activity")

    async def search_data(self, request: Request) -> Response:
        """Answer posts with the asked words, a page at a time; each page begins with the last post of the one before."""
        viewer = self.site.viewer(request)
        viewer.must()
        words = request.query_params.get("q", "")[:100].strip().lower()
        asked = request.query_params.get("from", "0")
        start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0  # noqa: PLR2004 - a million
        if viewer.hostile:
            found, more = hostile.posts(self.platform.make_post, start, 5), True
        else:
            hits = [post for post in self.platform.posts.values() if words in post.text.lower()]
            found, more = hits[max(0, start - 1) : start + PAGE], start + PAGE < len(hits)
        return await self.site.data(
            viewer, posts=[self.as_json(post) for post in found], next=start + PAGE if more else None
        )

    async def activity_data(self, request: Request) -> Response:
        """Answer who commented, mentioned and liked, newest first."""
        viewer = self.site.viewer(request)
        me = viewer.must()
        rows = [self._arrival(kind, post, row) for kind, post, row in self.platform.arrivals(me)]
        if viewer.hostile:
            post = next(iter(self.platform.posts.values()))
            rows = [self._arrival("mention", post, row) for row in hostile.remarks(me)]
        like = {"kind": "like", "author": "maple_studio", "text": "", "at": "2026-01-01T00:00:00.000000Z", "path": ""}
        return await self.site.data(viewer, rows=[*rows, like])

    def comment_path(self, post: Post, row: Effect | Remark) -> str:
        """Answer where a comment has its own address."""
        raise NotImplementedError

    def _arrival(self, kind: str, post: Post, row: Effect | Remark) -> dict[str, Any]:
        path = self.comment_path(post, row)
        return {"kind": kind, "id": row.id, "author": row.account, "text": row.text, "at": row.at, "path": path}

    async def profile(self, request: Request) -> Response:
        """Answer a profile."""
        handle = request.path_params["handle"]
        there = self.platform.knows(handle) or handle == self.site.viewer(request).handle
        return await self.page_or_missing(request, "profile", there=there)

    async def feed_data(self, request: Request) -> Response:
        """Answer the newest posts."""
        posts = list(self.platform.posts.values())[:12]
        return await self.site.data(self.site.viewer(request), posts=[self.as_json(post) for post in posts])

    async def viewer_data(self, request: Request) -> Response:
        """Answer who is signed in."""
        return await self.site.data(self.site.viewer(request))

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
