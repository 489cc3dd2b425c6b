"""Which addresses does the practice Instagram have, and what do its scripts ask for?

The addresses, roles and labels are those that public automation repositories used between 2025-12 and 2026-08.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from sandbox import seed
from sandbox.pages import Pages
from sandbox.site import BadInputError, Look, read_json, text_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from sandbox.seed import Post, Remark
    from sandbox.site import Site
    from sandbox.truth import Effect

NAME = "instagram"
WAIT = "Please wait a few minutes before you try again."
BLOCKED = "Try Again Later. We restrict certain activity to protect our community."


def make_post(index: int) -> Post:
    """Answer the seeded post with this number; its code looks like theirs."""
    code = "C" + seed.digest(NAME, "post", str(index))[:10]
    return seed.Post(code, seed.author(NAME, index), seed.caption(NAME, index), f"/p/{code}/")


LOOK = Look(
    name=NAME,
    title="Instagram",
    host="instagram.com",
    folder=Path(__file__).parent,
    make_post=make_post,
    text_limits={"comment": 2200, "dm": 1000},
    refusals={"rate_limited": (429, WAIT), "action_blocked": (400, BLOCKED)},
    login_path="/accounts/login/",
    profile_path="/{handle}/",
    challenge_path="/challenge/",
    signed_in_cookies=("ds_user_id", "csrftoken"),
    message_pages=("new", "old"),
    has_requests=True,
)


class InstagramPages(Pages):
    """The endpoints of the practice Instagram."""

    async def post(self, request: Request) -> Response:
        """Answer a post, or a comment's permalink below it."""
        post = self.platform.posts.get(request.path_params["code"])
        comment = request.path_params.get("comment")
        there = post is not None and (comment is None or self.platform.comment(post, comment) is not None)
        return await self.page_or_missing(request, "post", there=there)

    async def inbox(self, request: Request) -> Response:
        """Answer the list of threads."""
        return await self.site.page(request, "inbox")

    async def requests(self, request: Request) -> Response:
        """Answer the list of threads that wait to be accepted."""
        return await self.site.page(request, "requests")

    async def new_message(self, request: Request) -> Response:
        """Answer the search for somebody to write to."""
        return await self.site.page(request, "new")

    async def thread(self, request: Request) -> Response:
        """Answer a thread that the viewer is part of; which it is, its script asks."""
        return await self.site.page(request, "thread")

    async def post_data(self, request: Request) -> Response:
        """Answer a post with its comments, the asked one first."""
        viewer = self.site.viewer(request)
        post = self.platform.posts.get(request.path_params["code"])
        if post is None:
            raise BadInputError("no such post", 404)
        first = request.query_params.get("comment")
        rows = [self.told(row) for row in self.platform.comments(post, first)]
        return await self.site.data(viewer, post=self.as_json(post), comments=rows)

    async def profile_data(self, request: Request) -> Response:
        """Answer a profile, its posts, and the thread that its Message button leads to."""
        viewer = self.site.viewer(request)
        handle = request.path_params["handle"]
        posts = [self.as_json(post) for post in self.platform.posts.values() if post.author == handle]
        thread = self.platform.thread_id(viewer.must(), handle) if handle != viewer.handle else None
        name = self.platform.name_of(handle)
        return await self.site.data(viewer, handle=handle, name=name, posts=posts, thread=thread)

    async def inbox_data(self, request: Request) -> Response:
        """Answer the viewer's threads, newest first."""
        viewer = self.site.viewer(request)
        me = viewer.must()
        rows = [
            {"thread": self.platform.thread_id(me, other), "name": self.platform.name_of(other), "last": last.text}
            for other, last in self.platform.threads(me, requests="requests" in request.query_params)
        ]
        return await self.site.data(viewer, threads=rows)

    async def accept(self, request: Request) -> Response:
        """Take a thread out of the requests."""
        viewer = self.site.viewer(request)
        me, other = viewer.must(), text_of(await read_json(request), "target", 64)
        if not self.platform.is_request(me, other):
            raise BadInputError("target: no request", 404)
        await self.site.world.keep_thread(self.platform, me, other, accepted=True)
        return await self.site.data(viewer)

    async def thread_data(self, request: Request) -> Response:
        """Answer one thread, oldest message first."""
        viewer = self.site.viewer(request)
        me = viewer.must()
        other = self.platform.partner(me, request.path_params["thread"])
        if other is None:
            raise BadInputError("no such thread", 404)
        rows = [self.told(row) for row in self.platform.messages(me, other)]
        name, asks = self.platform.name_of(other), self.platform.is_request(me, other)
        return await self.site.data(viewer, handle=other, name=name, messages=rows, asks=asks)

    async def people_data(self, request: Request) -> Response:
        """Answer whose handle or name holds the asked words."""
        viewer = self.site.viewer(request)
        me = viewer.must()
        words = request.query_params.get("q", "")[:60].strip().lower()
        known = [*self.platform.people, *self.platform.accounts] if words else []
        hits = [h for h in known if h != me and (words in h.lower() or words in self.platform.name_of(h).lower())]
        hits.sort(key=lambda handle: (handle.lower() != words, handle))
        rows = [{"handle": h, "name": self.platform.name_of(h), "thread": self.platform.thread_id(me, h)} for h in hits[:20]]
        return await self.site.data(viewer, people=rows)

    def as_json(self, post: Post) -> dict[str, Any]:
        """Answer what scripts draw of a post."""
        return {"code": post.id, **super().as_json(post)}

    def comment_path(self, post: Post, row: Effect | Remark) -> str:
        """Answer where a comment has its own address."""
        return f"{post.path}c/{row.id}/"


def routes(site: Site) -> list[BaseRoute]:
    """Answer the routes of the practice Instagram."""
    pages = InstagramPages(site)
    return [
        Route("/", pages.home),
        Route("/accounts/login/", pages.login),
        Route("/accounts/logout/", site.sign_out),
        Route("/challenge/", pages.challenge),
        Route("/explore/search/keyword/", pages.search),
        Route("/accounts/activity/", pages.activity),
        Route("/api/search", pages.search_data),
        Route("/api/activity", pages.activity_data),
        Route("/direct/inbox/", pages.inbox),
        Route("/direct/requests/", pages.requests),
        Route("/direct/new/", pages.new_message),
        Route("/direct/t/{thread}/", pages.thread),
        Route("/p/{code}/", pages.post),
        Route("/p/{code}/c/{comment}/", pages.post),
        Route("/api/feed", pages.feed_data),
        Route("/api/post/{code}", pages.post_data),
        Route("/api/profile/{handle}", pages.profile_data),
        Route("/api/inbox", pages.inbox_data),
        Route("/api/thread/{thread}", pages.thread_data),
        Route("/api/people", pages.people_data),
        Route("/api/comments", pages.comment, methods=["POST"]),
        Route("/api/messages", pages.message, methods=["POST"]),
        Route("/api/accept", pages.accept, methods=["POST"]),
        Route("/{handle}/", pages.profile),
        Route("/{rest:path}", pages.missing),
    ]
