"""Which addresses does the practice Threads have, and what do its scripts ask for?

The addresses, roles and labels are those that public automation repositories used between 2025-12 and 2026-08. There are
no messages: no public source says how they look on the web.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox import seed
from sandbox.replies import RepliesPages
from sandbox.site import Look

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from sandbox.seed import Post
    from sandbox.site import Site

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


class ThreadsPages(RepliesPages):
    """The endpoints of the practice Threads."""

    post_page = "post"

    def path_of(self, author: str, code: str) -> str:
        """Answer the address of a post or a reply."""
        return f"/@{author}/post/{code}"

    async def profile_data(self, request: Request) -> Response:
        """Answer a profile and its posts."""
        handle = request.path_params["handle"]
        posts = [self.as_json(post) for post in self.platform.posts.values() if post.author == handle]
        name = self.platform.name_of(handle)
        return await self.site.data(self.site.viewer(request), handle=handle, name=name, posts=posts)


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
