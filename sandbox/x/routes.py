"""Which addresses does the practice X have, and what do its scripts ask for?

The addresses and `data-testid` signs are those that public automation repositories used between 2025-12 and 2026-08.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sandbox import seed
from sandbox.replies import RepliesPages
from sandbox.site import NO_STORE, BadInputError, Look, answer, read_json, text_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from sandbox.seed import Post
    from sandbox.site import Site
    from sandbox.state import Draft

NAME = "x"
FIRST_POST = 1_900_000_000_000_000_000
LIMIT = "Rate limit exceeded"
AUTOMATED = (
    "This request looks like it might be automated. To protect our users from spam and other malicious activity, "
    "we can't complete this action right now."
)
SAID = "Whoops! You already said that."
PASSCODE = "passcode"  # the fault, and the cookie that stands while the code is wanted


def make_post(index: int) -> Post:
    """Answer the seeded post with this number; its id looks like theirs."""
    number = str(FIRST_POST + index * 10**13 + int(seed.digest(NAME, "post", str(index))[:10], 16))
    author = seed.author(NAME, index)
    return seed.Post(number, author, seed.caption(NAME, index), f"/{author}/status/{number}")


LOOK = Look(
    name=NAME,
    title="X",
    host="x.com",
    folder=Path(__file__).parent,
    make_post=make_post,
    # The real site weighs a reply (an address 23, an emoji 2): this is a bound in characters above what weighs 280.
    text_limits={"comment": 10_000, "dm": 10_000},
    refusals={"rate_limited": (429, LIMIT), "action_blocked": (403, AUTOMATED)},
    login_path="/i/flow/login",
    profile_path="/{handle}",
    challenge_path="/account/access",
    public_pages=frozenset({"status", "profile", "missing"}),
    faults=frozenset({PASSCODE}),
)


class XPages(RepliesPages):
    """The endpoints of the practice X."""

    post_page = "status"

    def path_of(self, author: str, code: str) -> str:
        """Answer the address of a post or a reply."""
        return f"/{author}/status/{code}"

    async def comment(self, request: Request) -> Response:
        """Write a reply, but none that the account wrote there before."""
        return await self.site.write(request, "comment", self._said)

    async def chat(self, request: Request) -> Response:
        """Answer the conversations, and one of them where the address names it."""
        return await self.site.page(request, "chat")

    async def profile_data(self, request: Request) -> Response:
        """Answer a profile and its posts."""
        viewer = self.site.viewer(request)
        handle = request.path_params["handle"]
        posts = [self.as_json(post) for post in self.platform.posts.values() if post.author == handle]
        pair = "" if viewer.handle in {None, handle} else self._pair(viewer.must(), handle)
        return await self.site.data(viewer, handle=handle, name=self.platform.name_of(handle), posts=posts, pair=pair)

    async def chats_data(self, request: Request) -> Response:
        """Answer the viewer's conversations, newest first."""
        viewer = self.site.viewer(request)
        rows = [
            {"pair": self._pair(viewer.must(), other), "name": self.platform.name_of(other), "last": last.text}
            for other, last in self.platform.threads(viewer.must())
        ]
        return await self.site.data(viewer, chats=rows, locked=self._locked(request))

    async def chat_data(self, request: Request) -> Response:
        """Answer one conversation, oldest message first; nothing of it while the passcode is wanted."""
        viewer = self.site.viewer(request)
        other = self.platform.partner(viewer.must(), request.path_params["pair"].partition("-")[0])
        if other is None:
            raise BadInputError("nobody here", 404)
        wanted = self.site.faults.take(NAME, frozenset({PASSCODE})) is not None
        locked = wanted or self._locked(request)
        rows = [] if locked else self.platform.messages(viewer.must(), other)
        messages = [self.told(row) for row in rows]
        name = self.platform.name_of(other)
        told = await self.site.data(viewer, handle=other, name=name, messages=messages, locked=locked)
        if wanted:
            told.set_cookie(PASSCODE, "wanted", path=self.site.base, httponly=True, samesite="lax")
        return told

    async def unlock(self, request: Request) -> Response:
        """Take the passcode that a person typed; a practice site takes any four digits."""
        code = text_of(await read_json(request), "code", 4)
        if not (code.isascii() and code.isdigit()):
            raise BadInputError("code: four digits")
        told = answer({"locked": False})
        told.delete_cookie(PASSCODE, path=self.site.base)
        return told

    async def front(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint's shape
        """Lead to the feed, as they do."""
        return RedirectResponse(f"{self.site.base}/home", 302, headers=NO_STORE)

    def _said(self, draft: Draft) -> Response | None:
        return answer({"error": "duplicate", "message": SAID}, 403) if self.platform.has_said(draft) else None

    def _locked(self, request: Request) -> bool:
        return request.cookies.get(PASSCODE) == "wanted"

    def _pair(self, viewer: str, other: str) -> str:
        return f"{self.platform.thread_id(viewer, other)}-{self.platform.thread_id(viewer, viewer)}"


def routes(site: Site) -> list[BaseRoute]:
    """Answer the routes of the practice X."""
    pages = XPages(site)
    return [
        Route("/", pages.front),
        Route("/home", pages.home),
        Route("/i/flow/login", pages.login),
        Route("/logout", site.sign_out),
        Route("/account/access", pages.challenge),
        Route("/search", pages.search),
        Route("/notifications", pages.activity),
        Route("/api/search", pages.search_data),
        Route("/api/activity", pages.activity_data),
        Route("/i/chat", pages.chat),
        Route("/i/chat/{pair}", pages.chat),
        Route("/{author}/status/{code}", pages.post),
        Route("/api/feed", pages.feed_data),
        Route("/api/viewer", pages.viewer_data),
        Route("/api/TweetDetail/{code}", pages.post_data),
        Route("/api/profile/{handle}", pages.profile_data),
        Route("/api/chats", pages.chats_data),
        Route("/api/chat/{pair}", pages.chat_data),
        Route("/api/passcode", pages.unlock, methods=["POST"]),
        Route("/api/CreateTweet", pages.comment, methods=["POST"]),
        Route("/api/SendMessage", pages.message, methods=["POST"]),
        Route("/{handle}", pages.profile),
        Route("/{rest:path}", pages.missing),
    ]
