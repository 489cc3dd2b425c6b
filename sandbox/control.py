"""What can a test or a demo ask and arm: `/_truth` for what really arrived, `/_control` for trouble on order?"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.faults import FAULTS, Faults, Order, TooManyFaultsError
from sandbox.site import NO_STORE, BadInputError, answer, read_json, text_of
from sandbox.state import Pace
from sandbox.truth import Effect
from sandbox.words import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.requests import Request

    from sandbox.site import Site
    from sandbox.state import World

MOST_SECONDS = 3600
MOST_STRIKES = 100_000
MARKER_LIMIT = 2200
INCOMING = ("dm", "request", "comment", "mention")


class Control:
    """The endpoints beside the practice sites, which no page links to."""

    def __init__(self, world: World, faults: Faults, sites: dict[str, Site]) -> None:
        """Keep what is asked about and armed."""
        self._world = world
        self._faults = faults
        self._sites = sites

    def routes(self) -> list[Route]:
        """Answer the routes of this file."""
        return [
            Route("/_healthz", self.healthz),
            Route("/_truth/effects", self.effects),
            Route("/_truth/deduplicated", self.deduplicated),
            Route("/_truth/posts", self.posts),
            Route("/_truth/people", self.people),
            Route("/_control/faults", self.list_faults),
            Route("/_control/faults", self.arm, methods=["POST"]),
            Route("/_control/faults", self.disarm, methods=["DELETE"]),
            Route("/_control/incoming", self.receive, methods=["POST"]),
            Route("/_control/credits", self.set_credits, methods=["POST"]),
            Route("/_control/credits", self.list_credits),
            Route("/_control/videos", self.set_pace, methods=["POST"]),
            Route("/_control/language", self.set_language, methods=["POST"]),
            Route("/_control/messages", self.set_message_pages, methods=["POST"]),
            Route("/_control/reset", self.reset, methods=["POST"]),
        ]

    async def healthz(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint's shape
        """Say that the sandbox serves."""
        return answer({"status": "ok", "epoch": self._world.epoch, "platforms": sorted(self._sites)})

    async def effects(self, request: Request) -> Response:
        """List what arrived, oldest first: of this epoch, or of all of them read back from the log."""
        site = self._asked(request)
        marker = request.query_params.get("marker", "")
        if len(marker) > MARKER_LIMIT:
            raise BadInputError(f"marker: at most {MARKER_LIMIT} characters")
        epoch = request.query_params.get("epoch", "")
        found = (
            effect
            for effect in self._epoch(epoch)
            if (site is None or effect.platform == site.look.name) and marker in effect.text
        )
        return StreamingResponse(
            as_array(self._shown(effect, request) for effect in found), media_type="application/json", headers=NO_STORE
        )

    def _epoch(self, asked: str) -> Iterable[Effect]:
        if asked in {"", str(self._world.epoch)}:
            return tuple(self._world.effects)
        if asked != "all" and not (asked.isascii() and asked.isdigit() and len(asked) < 10):  # noqa: PLR2004 - nine digits
            raise BadInputError("epoch: a number, or all")
        logged = (Effect.from_line(line) for line in self._world.log.lines() if line.get("line") == "effect")
        return logged if asked == "all" else (effect for effect in logged if effect.epoch == int(asked))

    def _shown(self, effect: Effect, request: Request) -> dict[str, str]:
        target = effect.target
        site = self._sites.get(effect.platform)
        if effect.kind == "comment" and site is not None and target in site.platform.posts:
            target = site.origin(request) + site.platform.posts[target].path
        return {
            "id": effect.id,
            "platform": effect.platform,
            "kind": effect.kind,
            "account": effect.account,
            "target": target,
            "text": effect.text,
            "at": effect.at,
        }

    async def deduplicated(self, request: Request) -> Response:
        """List the clicks that arrived more than once and were written once, in all epochs."""
        site = self._asked(request)
        lines = (line for line in self._world.log.lines() if line.get("line") == "deduplicated")
        mine = (line for line in lines if site is None or line["platform"] == site.look.name)
        return StreamingResponse(as_array(mine), media_type="application/json", headers=NO_STORE)

    async def posts(self, request: Request) -> Response:
        """List what can be commented on."""
        return answer(
            [
                {"id": post.id, "url": site.origin(request) + post.path, "author": post.author, "text": post.text}
                for site in self._asked_all(request)
                for post in site.platform.posts.values()
            ]
        )

    async def people(self, request: Request) -> Response:
        """List who can be written to."""
        return answer(
            [
                {
                    "platform": site.look.name,
                    "handle": person.handle,
                    "url": site.origin(request) + site.look.profile_path.format(handle=person.handle),
                }
                for site in self._asked_all(request)
                for person in site.platform.people.values()
            ]
        )

    async def list_faults(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint's shape
        """List what is armed."""
        return answer(self._faults.armed())

    async def arm(self, request: Request) -> Response:
        """Arm a fault."""
        body = await read_json(request)
        refuse_unknown(body, {"platform", "fault", "count", "seconds", "rate", "seed"})
        site = self._site(text_of(body, "platform", 40))
        name = text_of(body, "fault", 40)
        known = FAULTS | site.look.faults
        if name not in known:
            raise BadInputError(f"fault: one of {', '.join(sorted(known))}")
        count = number(body, "count", 1, MOST_STRIKES, whole=True)
        order = Order(
            platform=site.look.name,
            name=name,
            count=None if count is None else int(count),
            seconds=number(body, "seconds", 0, MOST_SECONDS),
            rate=1.0 if (rate := number(body, "rate", 0, 1)) is None else rate,
            seed=int(number(body, "seed", 0, 2**32, whole=True) or 0),
        )
        try:
            self._faults.arm(order)
        except TooManyFaultsError as error:
            raise BadInputError("too many faults are armed", 409) from error
        return answer(self._faults.armed(), 201)

    async def disarm(self, request: Request) -> Response:
        """Disarm every fault, or those of one platform."""
        site = self._asked(request)
        self._faults.clear(site.look.name if site else None)
        return answer(self._faults.armed())

    async def receive(self, request: Request) -> Response:
        """Let one of the people write to the demo account; it is logged like everything that arrives."""
        body = await read_json(request)
        refuse_unknown(body, {"platform", "kind", "from", "text"})
        site = self._site(text_of(body, "platform", 40))
        kind, sender = text_of(body, "kind", 40), text_of(body, "from", 30)
        if kind not in INCOMING or (kind == "request" and not site.look.has_requests):
            raise BadInputError(f"kind: one of {', '.join(INCOMING)}; not every site has requests")
        if sender not in site.platform.people:
            raise BadInputError("from: nobody here", 404)
        effect = await site.receive(kind, sender, text_of(body, "text", MARKER_LIMIT))
        return answer(self._shown(effect, request), 201)

    async def set_credits(self, request: Request) -> Response:
        """Keep what a platform says may be spent."""
        body = await read_json(request)
        refuse_unknown(body, {"platform", "free", "paid", "refreshes_at"})
        site = self._site(text_of(body, "platform", 40))
        refreshes_at = body.get("refreshes_at")
        stand = {
            "free": number(body, "free", 0, 1_000_000, whole=True),
            "paid": number(body, "paid", 0, 1_000_000, whole=True),
            "refreshes_at": None if refreshes_at is None else text_of(body, "refreshes_at", 40),
        }
        await self._world.set_credits(site.platform, stand)
        return answer({"platform": site.look.name, **stand})

    async def list_credits(self, request: Request) -> Response:
        """List what was kept."""
        sites = self._asked_all(request)
        return answer([{"platform": site.look.name, **site.platform.credits} for site in sites if site.platform.credits])

    async def set_pace(self, request: Request) -> Response:
        """Say how long films take, and how many of one person are made at once (0: any number)."""
        body = await read_json(request)
        refuse_unknown(body, {"platform", "queued_s", "made_in_s", "at_once"})
        site = self._site(text_of(body, "platform", 40))
        usual = Pace()
        queued_s, made_in_s = (number(body, name, 0, MOST_SECONDS) for name in ("queued_s", "made_in_s"))
        site.platform.pace = Pace(
            usual.queued_s if queued_s is None else queued_s,
            usual.made_in_s if made_in_s is None else made_in_s,
            int(number(body, "at_once", 0, 1000, whole=True) or 0),
        )
        return answer({"platform": site.look.name, **asdict(site.platform.pace)})

    async def set_language(self, request: Request) -> Response:
        """Say in which language a site's own words are, until the next reset."""
        body = await read_json(request)
        refuse_unknown(body, {"platform", "language"})
        site = self._site(text_of(body, "platform", 40))
        language = text_of(body, "language", 10)
        if language not in site.languages:
            raise BadInputError(f"language: one of {', '.join(site.languages)}")
        site.language = language
        return answer({"platform": site.look.name, "language": language})

    async def set_message_pages(self, request: Request) -> Response:
        """Say which look a site's messages have, until the next reset."""
        body = await read_json(request)
        refuse_unknown(body, {"platform", "pages"})
        site = self._site(text_of(body, "platform", 40))
        pages = text_of(body, "pages", 10)
        if pages not in site.look.message_pages:
            raise BadInputError(f"pages: one of {', '.join(site.look.message_pages)}")
        site.message_pages = pages
        return answer({"platform": site.look.name, "pages": pages})

    async def reset(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint's shape
        """Begin a new epoch: comments, threads and faults are gone, the log stays."""
        self._faults.clear()
        for site in self._sites.values():
            site.language, site.message_pages = ENGLISH, "new"
        return answer({"epoch": await self._world.reset()})

    def _site(self, name: str) -> Site:
        if name not in self._sites:
            raise BadInputError(f"platform: one of {', '.join(sorted(self._sites))}")
        return self._sites[name]

    def _asked(self, request: Request) -> Site | None:
        name = request.query_params.get("platform", "")
        return self._site(name) if name else None

    def _asked_all(self, request: Request) -> list[Site]:
        site = self._asked(request)
        return [site] if site else list(self._sites.values())


def as_array(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Write a JSON array piece by piece, so that a long log does not fill the memory."""
    rows = iter(rows)
    yield "["
    joint = ""
    while some := list(islice(rows, 500)):
        yield joint + ",".join(json.dumps(row, ensure_ascii=False) for row in some)
        joint = ","
    yield "]"


def number(body: dict[str, Any], name: str, least: float, most: float, *, whole: bool = False) -> float | None:
    """Answer a number within its bounds, or None where there is none. Raises BadInputError."""
    value = body.get(name)
    if value is None:
        return None
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise BadInputError(f"{name}: a {'whole ' if whole else ''}number from {least} to {most}")
    return float(value)


def refuse_unknown(body: dict[str, Any], known: set[str]) -> None:
    """Refuse fields that nobody knows, so that a typing error is not taken for an order."""
    if unknown := sorted(str(name)[:40] for name in set(body) - known):
        raise BadInputError(f"unknown field: {unknown[0]}")


def full(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - a handler's shape
    """Answer when the memory or the disk that was meant for the sandbox is used up; nothing was written."""
    if isinstance(error, OSError):
        return answer({"error": f"the truth log cannot be written: {error.strerror}"}, 507)
    return answer({"error": "this epoch is full: POST /_control/reset begins a new one"}, 503)


def bad_input(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - a handler's shape
    """Answer a refusal in JSON."""
    status = error.status if isinstance(error, BadInputError) else 400
    return answer({"error": str(error)}, status)
