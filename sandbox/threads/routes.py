"""Which addresses does the practice Threads have, and what do its scripts ask for?

The addresses, roles and labels are those that public automation repositories used between 2025-12 and 2026-08. There are
no messages: no public source says how they look on the web.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sandbox import seed
from sandbox.pages import Pages
from sandbox.site import BadInputError, Look

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from sandbox.seed import Post, Remark
    from sandbox.site import Site
    from sandbox.truth import Effect

NAME = "threads"
WAIT = "Please wait a few minutes before you try again."
BLOCKED = "Try Again Later. We restrict certain activity to protect our community."


def make_post(index: int) -> Post:
    """Answer the seeded post with this number; its code looks like theirs."""
    code = "D" + seed.digest(NAME, "post", str(index))[:10]
    author = seed.author(NAME, index)
    return seed.Post(code, author, seed.caption(NAME, index), f"/@{author}/post/{code}")


LOOK = Look(
    name=NAME,
    title="Threads",
    host="threads.com",
    folder=Path(__file__).parent,
    make_post=make_post,
    text_limits={"comment": 500, "dm": 1000},
    refusals={"rate_limited": (429, WAIT), "action_blocked": (400, BLOCKED)},
    login_path="/login",
    profile_path="/@{handle}",
    challenge_path="/challenge/",
    public_pages=frozenset({"post", "profile", "missing"}),
)


class ThreadsPages(Pages):
    """The endpoints of the practice Threads."""

    async def post(self, request: Request) -> Response:
        """Answer a post or a reply; another author in the address leads to the right one."""
        code = request.path_params["code"]
        post, reply = self._found(code)
        author = reply.account if reply else post.author if post else ""
        if author and author != request.path_params["author"]:
            return RedirectResponse(f"{self.site.base}/@{author}/post/{code}", 302)
        return await self.page_or_missing(request, "post", there=post is not None)

    async def profile(self, request: Request) -> Response:
        """Answer a profile."""
        handle = request.path_params["handle"]
        there = self.platform.knows(handle) or handle == self.site.viewer(request).handle
        return await self.page_or_missing(request, "profile", there=there)

    async def feed_data(self, request: Request) -> Response:
        """Answer the newest posts."""
        posts = list(self.platform.posts.values())[:12]
        return await self.site.data(self.site.viewer(request), posts=[self.shown(post) for post in posts])

    async def post_data(self, request: Request) -> Response:
        """Answer a post with its replies, newest first; a reply's own address also names the reply."""
        post, reply = self._found(request.path_params["code"])
        if post is None:
            raise BadInputError("no such post", 404)
        rows = [] if reply else self.platform.comments(post)
        return await self.site.data(
            self.site.viewer(request),
            post=self.shown(post),
            reply=reply and self._reply(reply),
            replies=[self._reply(row) for row in rows],
        )

    async def profile_data(self, request: Request) -> Response:
        """Answer a profile and its posts."""
        handle = request.path_params["handle"]
        posts = [self.shown(post) for post in self.platform.posts.values() if post.author == handle]
        name = self.platform.name_of(handle)
        return await self.site.data(self.site.viewer(request), handle=handle, name=name, posts=posts)

    def _found(self, code: str) -> tuple[Post | None, Any]:
        post = self.platform.posts.get(code)
        return (post, None) if post else self.platform.reply(code)

    def _reply(self, row: Any) -> dict[str, Any]:
        path = f"/@{row.account}/post/{row.id}"
        return {"id": row.id, "author": row.account, "text": row.text, "at": row.at, "path": path}

    def comment_path(self, post: Post, row: Effect | Remark) -> str:  # noqa: ARG002 - the shape of all sites
        """Answer where a comment has its own address."""
        return f"/@{row.account}/post/{row.id}"


def routes(site: Site) -> list[BaseRoute]:
    """Answer the routes of the practice Threads."""
    pages = ThreadsPages(site)
    return [
        Route("/", pages.home),
        Route("/login", pages.login),
        Route("/logout", site.sign_out),
        Route("/challenge/", pages.challenge),
        Route("/search", pages.search),
        Route("/activity", pages.activity),
        Route("/api/search", pages.search_data),
        Route("/api/activity", pages.activity_data),
        Route("/@{author}/post/{code}", pages.post),
        Route("/@{handle}", pages.profile),
        Route("/api/feed", pages.feed_data),
        Route("/api/post/{code}", pages.post_data),
        Route("/api/profile/{handle}", pages.profile_data),
        Route("/api/reply", pages.comment, methods=["POST"]),
        Route("/{rest:path}", pages.missing),
    ]
