"""Which addresses does the practice Sora have, what does its settings dialog say, and which films does it make?

The way to the number of generations and its words are those that public automation repositories used up to 2026-03; the real
site closed on 2026-04-26.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from sandbox import seed
from sandbox.faults import DOWNLOAD_FAULTS
from sandbox.pages import Pages
from sandbox.site import NO_STORE, BadInputError, Look, answer
from sandbox.sora import films

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from sandbox.seed import Post
    from sandbox.site import Site
    from sandbox.state import Draft
    from sandbox.truth import Effect

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
    text_limits={"video": 2000},
    refusals={
        "rate_limited": (429, "You have reached your limit of videos in progress. Try again later."),
        "action_blocked": (403, "Your account is temporarily restricted from making videos."),
    },
    formats=films.FORMATS,
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

    async def drafts(self, request: Request) -> Response:
        """Answer the page with the viewer's films and the box to order one."""
        return await self.site.page(request, "drafts")

    async def draft(self, request: Request) -> Response:
        """Answer the page of one film."""
        return await self.page_or_missing(request, "draft", there=self._film(request) is not None)

    async def drafts_data(self, request: Request) -> Response:
        """Answer the viewer's films, newest first, or one of them."""
        viewer = self.site.viewer(request)
        wanted = request.query_params.get("draft")
        rows = [self._shown(film) for film in self.platform.films(viewer.must()) if wanted in {None, film.id}]
        return await self.site.data(viewer, drafts=rows)

    async def create(self, request: Request) -> Response:
        """Order a film; it costs one credit."""
        if self.platform.credits is None:
            await self.site.world.set_credits(self.platform, dict(FIRST_STAND))
        return await self.site.write(request, "video", self._refusal)

    async def film(self, request: Request) -> Response:
        """Answer a film's file, once it is made."""
        film = self._film(request)
        if film is None or films.stage_of(film, self.platform.pace).state != "ready":
            raise BadInputError("no such film", 404)
        content = await films.file_of(film.target)
        if self.site.faults.take(self.platform.name, DOWNLOAD_FAULTS):
            content = content[: len(content) // 2]
        return Response(content, media_type="video/mp4", headers=NO_STORE)

    def _film(self, request: Request) -> Effect | None:
        return self.platform.film(self.site.viewer(request).handle or "", request.path_params["draft"])

    def _shown(self, film: Effect) -> dict[str, Any]:
        stage = films.stage_of(film, self.platform.pace)
        return {
            "id": film.id, "text": film.text, "state": stage.state, "percent": stage.percent, "said": stage.said,
            "at": film.at,
        }  # fmt: skip

    def _refusal(self, draft: Draft) -> Response | None:
        """Answer what the site has against an order: its rules, too many at once, or no credits left."""
        if said := films.against(draft.text):
            return answer({"error": "guardrails", "message": said}, 400)
        pace = self.platform.pace
        states = [films.stage_of(film, pace).state for film in self.platform.films(draft.account)]
        if pace.at_once and sum(state in {"queued", "processing"} for state in states) >= pace.at_once:
            return answer({"error": "busy", "message": f"You already have {pace.at_once} videos in progress."}, 429)
        stand = self.platform.credits or FIRST_STAND
        if not (stand.get("free") or 0) + (stand.get("paid") or 0):
            return answer({"error": "no_credits", "message": "You're out of video gens."}, 402)
        return None


def routes(site: Site) -> list[BaseRoute]:
    """Answer the routes of the practice Sora."""
    pages = SoraPages(site)
    return [
        Route("/", pages.home),
        Route("/explore", pages.home),
        Route("/drafts", pages.drafts),
        Route("/d/{draft}", pages.draft),
        Route("/auth/login", pages.login),
        Route("/auth/logout", site.sign_out),
        Route("/auth/challenge", pages.challenge),
        Route("/p/{video}", pages.video),
        Route("/profile/{handle}", pages.profile),
        Route("/api/explore", pages.explore_data),
        Route("/api/usage", pages.usage_data),
        Route("/api/drafts", pages.drafts_data),
        Route("/api/drafts", pages.create, methods=["POST"]),
        Route("/videos/{draft}.mp4", pages.film),
        Route("/{rest:path}", pages.missing),
    ]
