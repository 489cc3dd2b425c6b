"""Which addresses does the practice TikTok have, and what do its scripts ask for?

The addresses and `data-e2e` signs are those that public automation repositories used between 2025-12 and 2026-08.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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

NAME = "tiktok"
FIRST_VIDEO = 7_400_000_000_000_000_000
TOO_FAST = "You are sending messages too fast"
SPAM = "Too many attempts. This action was blocked because it looks like spam."


def make_post(index: int) -> Post:
    """Answer the seeded video with this number; its id looks like theirs."""
    video = str(FIRST_VIDEO + index * 10**13 + int(seed.digest(NAME, "video", str(index))[:10], 16))
    author = seed.author(NAME, index)
    return seed.Post(video, author, seed.caption(NAME, index), f"/@{author}/video/{video}")


LOOK = Look(
    name=NAME,
    title="TikTok",
    host="tiktok.com",
    folder=Path(__file__).parent,
    make_post=make_post,
    text_limits={"comment": 150, "dm": 6000},
    refusals={"rate_limited": (429, TOO_FAST), "action_blocked": (403, SPAM)},
    login_path="/login",
    profile_path="/@{handle}",
    challenge_path=None,
    public_pages=frozenset({"home", "video", "profile", "missing"}),
)


class TikTokPages(Pages):
    """The endpoints of the practice TikTok."""

    async def video(self, request: Request) -> Response:
        """Answer a video; another author in the address leads to the right one."""
        post = self.platform.posts.get(request.path_params["video"])
        if post is not None and post.author != request.path_params["author"]:
            return RedirectResponse(self.site.base + post.path, 302)
        return await self.page_or_missing(request, "video", there=post is not None)

    async def messages(self, request: Request) -> Response:
        """Answer the list of chats, and the chat with `u` where one is asked for."""
        return await self.site.page(request, "messages")

    async def video_data(self, request: Request) -> Response:
        """Answer a video without its comments."""
        post = self._known(request.path_params["video"])
        return await self.site.data(self.site.viewer(request), post=self.as_json(post))

    async def comment_data(self, request: Request) -> Response:
        """Answer a video's comments, the asked one first, then newest first."""
        post = self._known(request.query_params.get("aweme_id", ""))
        rows = self.platform.comments(post, request.query_params.get("comment_id"))
        return await self.site.data(
            self.site.viewer(request),
            comments=[self.told(row) for row in rows],
        )

    async def profile_data(self, request: Request) -> Response:
        """Answer a profile and its videos."""
        viewer = self.site.viewer(request)
        handle = request.path_params["handle"]
        posts = [self.as_json(post) for post in self.platform.posts.values() if post.author == handle]
        return await self.site.data(viewer, handle=handle, name=self.platform.name_of(handle), posts=posts)

    async def chats_data(self, request: Request) -> Response:
        """Answer the viewer's chats, newest first."""
        viewer = self.site.viewer(request)
        rows = [
            {"handle": other, "name": self.platform.name_of(other), "last": last.text}
            for other, last in self.platform.threads(viewer.must())
        ]
        return await self.site.data(viewer, chats=rows)

    async def chat_data(self, request: Request) -> Response:
        """Answer one chat, oldest message first."""
        viewer = self.site.viewer(request)
        handle = request.path_params["handle"]
        if not self.platform.knows(handle) or handle == viewer.must():
            raise BadInputError("nobody here", 404)
        rows = [self.told(row) for row in self.platform.messages(viewer.must(), handle)]
        return await self.site.data(viewer, handle=handle, name=self.platform.name_of(handle), messages=rows)

    def _known(self, video: str) -> Post:
        post = self.platform.posts.get(video)
        if post is None:
            raise BadInputError("no such video", 404)
        return post

    def comment_path(self, post: Post, row: Effect | Remark) -> str:
        """Answer where a comment has its own address."""
        return f"{post.path}?comment_id={row.id}"


def routes(site: Site) -> list[BaseRoute]:
    """Answer the routes of the practice TikTok."""
    pages = TikTokPages(site)
    return [
        Route("/", pages.home),
        Route("/login", pages.login),
        Route("/logout", site.sign_out),
        Route("/search/video", pages.search),
        Route("/notifications", pages.activity),
        Route("/api/search", pages.search_data),
        Route("/api/activity", pages.activity_data),
        Route("/messages", pages.messages),
        Route("/@{author}/video/{video}", pages.video),
        Route("/@{handle}", pages.profile),
        Route("/api/feed", pages.feed_data),
        Route("/api/viewer", pages.viewer_data),
        Route("/api/video/{video}", pages.video_data),
        Route("/api/comment/list/", pages.comment_data),
        Route("/api/profile/{handle}", pages.profile_data),
        Route("/api/chats", pages.chats_data),
        Route("/api/chat/{handle}", pages.chat_data),
        Route("/api/comment/publish/", pages.comment, methods=["POST"]),
        Route("/v1/message/send", pages.message, methods=["POST"]),
        Route("/{rest:path}", pages.missing),
    ]
