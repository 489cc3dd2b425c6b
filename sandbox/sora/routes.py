"""Which addresses does the practice Sora have, and what does its settings dialog say?

The way to the number of generations and its words are those that public automation repositories used up to 2026-03; the real
site closed on 2026-04-26.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from sandbox import seed
from sandbox.pages import Pages
from sandbox.site import Look

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from sandbox.seed import Post
    from sandbox.site import Site

NAME = "sora"
# What the page says until somebody says otherwise: third parties reported some 30 generations a day.
FIRST_STAND: dict[str, Any] = {"free": 30, "paid": 0, "refreshes_at": None}


def make_post(index: int) -> Post:
    """Answer the seeded video with this number."""
    video = f"s_{seed.digest(NAME, 'video', str(index))[:32]}"
    return seed.Post(video, seed.author(NAME, index), seed.caption(NAME, index), f"/p/{video}")


LOOK = Look(
    name=NAME,
    title="Sora",
    host="sora.chatgpt.com",
    folder=Path(__file__).parent,
    make_post=make_post,
    text_limits={},
    refusals={},
    login_path="/auth/login",
    profile_path="/profile/{handle}",
    challenge_path="/auth/challenge",
)


class SoraPages(Pages):
    """The endpoints of the practice Sora."""

    async def video(self, request: Request) -> Response:
        """Answer a video."""
        return await self.page_or_missing(request, "video", there=request.path_params["video"] in self.platform.posts)

    async def profile(self, request: Request) -> Response:
        """Answer a profile."""
        return await self.page_or_missing(request, "profile", there=self.platform.knows(request.path_params["handle"]))

    async def explore_data(self, request: Request) -> Response:
        """Answer the newest videos, or one of them."""
        wanted = request.query_params.get("video")
        posts = [post for post in self.platform.posts.values() if wanted in {None, post.id}][:12]
        rows = [{"id": post.id, "author": post.author, "text": post.text, "path": post.path} for post in posts]
        return await self.site.data(self.site.viewer(request), videos=rows)

    async def usage_data(self, request: Request) -> Response:
        """Answer what the viewer may still make."""
        viewer = self.site.viewer(request)
        viewer.must()
        return await self.site.data(viewer, **(self.platform.credits or FIRST_STAND))


def routes(site: Site) -> list[BaseRoute]:
    """Answer the routes of the practice Sora."""
    pages = SoraPages(site)
    return [
        Route("/", pages.home),
        Route("/explore", pages.home),
        Route("/auth/login", pages.login),
        Route("/auth/logout", site.sign_out),
        Route("/auth/challenge", pages.challenge),
        Route("/p/{video}", pages.video),
        Route("/profile/{handle}", pages.profile),
        Route("/api/explore", pages.explore_data),
        Route("/api/usage", pages.usage_data),
        Route("/{rest:path}", pages.missing),
    ]
