"""What do all practice sites share: who is looking, a page that renders late, and a write with its faults?"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox import words
from sandbox.faults import PAGE_FAULTS, SLOW, WRITE_FAULTS, Fault, Faults
from sandbox.state import DEMO, HANDLE, WRONG, Draft, Platform, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from sandbox.seed import Post
    from sandbox.truth import Effect

BODY_LIMIT = 64 * 1024
MUTATION = re.compile(r"[A-Za-z0-9-]{8,64}")
A_YEAR = 365 * 24 * 3600
NO_STORE = {"cache-control": "no-store"}
STATIC = Path(__file__).parent / "static"
SHARED_SCRIPT = (STATIC / "late.js").read_text(encoding="utf-8")
SHELL = (STATIC / "shell.html").read_text(encoding="utf-8")


class BadInputError(ValueError):
    """The caller sent something that cannot be meant; `status` is of the 4xx kind."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Keep what to tell the caller."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Look:
    """How a platform looks and speaks, and what it takes: all that tells one site from the next."""

    name: str
    title: str
    host: str  # where the real site is
    folder: Path
    make_post: Callable[[int], Post]
    text_limits: dict[str, int]  # by kind, in characters
    refusals: dict[str, tuple[int, str]]  # fault → status and the words of its own
    login_path: str
    profile_path: str  # with {handle} in it
    challenge_path: str | None  # None: the challenge covers the page where it stands
    public_pages: frozenset[str] = frozenset()
    signed_in_cookies: tuple[str, ...] = ()
    formats: frozenset[str] = frozenset()  # of films that are made here
    faults: frozenset[str] = frozenset()  # beyond those that every platform has
    message_pages: tuple[str, ...] = ("new",)  # which looks of its messages it has had
    has_requests: bool = False  # messages by strangers wait in a folder of their own


@dataclass(slots=True)
class Held:
    """How many connections are held open without an answer."""

    count: int = 0


class NeverAnswer(Response):
    """Holds the connection open and says nothing until the other side goes away."""

    def __init__(self, held: Held) -> None:
        """Count among the held ones."""
        super().__init__()
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's shape
        """Wait for the other side to leave."""
        self._held.count += 1
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._held.count -= 1


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking at a page; the handle None is nobody."""

    handle: str | None
    slow: float = 0.0
    hostile: bool = False

    def must(self) -> str:
        """Answer the signed-in handle, or refuse with 401."""
        if self.handle is None:
            raise BadInputError("login_required", 401)
        return self.handle


def answer(body: object, status: int = 200) -> JSONResponse:
    """Answer JSON that no cache keeps."""
    return JSONResponse(body, status, headers=NO_STORE)


async def read_json(request: Request) -> dict[str, Any]:
    """Read a bounded JSON object. Raises BadInputError."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise BadInputError("body too large", 413)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInputError("body is not JSON") from error
    if not isinstance(body, dict):
        raise BadInputError("body is not a JSON object")
    return body


def text_of(body: dict[str, Any], name: str, most: int) -> str:
    """Answer a field that has to be a text with something in it. Raises BadInputError."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise BadInputError(f"{name}: a text of 1 to {most} characters")
    if any(unicodedata.category(sign) == "Cs" or sign == "\x00" for sign in value):
        raise BadInputError(f"{name}: holds signs that are no text")
    return value


@dataclass
class Site:
    """One practice site: its state, and how its pages and writes are answered."""

    look: Look
    platform: Platform
    world: World
    faults: Faults
    held: Held
    routes: list[BaseRoute] = field(default_factory=list)
    language: str = words.ENGLISH
    message_pages: str = "new"

    def __post_init__(self) -> None:
        """Read the page skeletons and scripts once."""
        pages = self.look.folder / "pages"
        self._shell = SHELL.replace("{{title}}", self.look.title).replace("{{host}}", self.look.host)
        self._files = {path.name: path.read_text(encoding="utf-8") for path in pages.iterdir() if path.suffix != ".html"}
        self._files["late.js"] = SHARED_SCRIPT
        self.languages = words.load(self.look.folder)

    @property
    def base(self) -> str:
        """Answer the path that all pages of this site stand below."""
        return f"/{self.look.name}"

    def origin(self, request: Request) -> str:
        """Answer the absolute address of this site, as the caller reached it."""
        return f"{request.url.scheme}://{request.url.netloc}{self.base}"

    def viewer(self, request: Request) -> Viewer:
        """Answer who is looking: the cookie's handle, or the demo account for whoever comes in without one.

        Scripts say in `x-view` what struck when their page was loaded, so a fault holds for that page's whole visit.
        """
        view = dict(part.partition("=")[::2] for part in request.headers.get("x-view", "").split(";"))
        slow = float(view["slow"]) if re.fullmatch(r"\d{1,4}(\.\d{1,6})?", view.get("slow", "")) else 0.0
        return Viewer(self._session(request, wrong="wrong" in view), slow, "hostile" in view)

    def _session(self, request: Request, *, wrong: bool) -> str | None:
        if request.cookies.get("signed_out") == "1":
            return None
        if wrong:
            return WRONG
        handle = request.cookies.get("sessionid", DEMO)
        return handle if HANDLE.fullmatch(handle) else DEMO

    def file(self, request: Request) -> Response:
        """Answer a script or style sheet of this site."""
        text = self._files.get(request.path_params["name"])
        if text is None:
            return self.skeleton(request, "missing", status=404)
        is_style = request.path_params["name"].endswith(".css")
        said = text if is_style else words.spoken(text, self.languages[self.language])
        kind = "text/css" if is_style else "text/javascript"
        return Response(said, media_type=kind, headers={"cache-control": "no-cache"})

    async def page(self, request: Request, page: str, *, status: int = 200) -> Response:
        """Answer a page, or what an armed fault puts in its place; the content comes later, by script."""
        strike = self.faults.take(self.platform.name, PAGE_FAULTS)
        slow = self.faults.take(self.platform.name, SLOW)
        if slow is not None:
            await asyncio.sleep(slow.seconds)
        name = strike.name if strike else ""
        signed_out = self._session(request, wrong=False) is None and page not in self.look.public_pages
        if name == "logged_out" or signed_out:
            return RedirectResponse(self.base + self.look.login_path, 302, headers=NO_STORE)
        if name == "challenge" and self.look.challenge_path is not None:
            return RedirectResponse(self.base + self.look.challenge_path, 302, headers=NO_STORE)
        marks = {"wrong_account": "wrong", "hostile": "hostile"}.get(name, ""), f"slow={slow.seconds:.3f}" if slow else ""
        shown = "challenge" if name == "challenge" else page
        layout = {"layout_changed": "changed", "hostile": "hostile"}.get(name, "usual")
        return self.skeleton(request, shown, status=status, view=";".join(filter(None, marks)), layout=layout)

    def skeleton(self, request: Request, page: str, *, status: int = 200, view: str = "", layout: str = "usual") -> Response:
        """Answer the page without its content, as these sites do."""
        boot = {
            "base": self.base,
            "page": page,
            "params": dict(request.path_params),
            "view": view,
            "layout": layout,
            "messages": self.message_pages,
        }
        html = self._shell.replace("{{base}}", self.base).replace("{{language}}", self.language)
        html = html.replace("{{boot}}", escape(json.dumps(boot), quote=True))
        response = HTMLResponse(html, status, headers=NO_STORE)
        if "sessionid" not in request.cookies and request.cookies.get("signed_out") != "1":
            self.set_session(response, DEMO)
        return response

    def set_session(self, response: Response, handle: str) -> None:
        """Give the visitor the session of this handle."""
        response.set_cookie("sessionid", handle, max_age=A_YEAR, path=self.base, httponly=True, samesite="lax")
        for name in self.look.signed_in_cookies:
            value = handle if name == "ds_user_id" else "practice"
            response.set_cookie(name, value, max_age=A_YEAR, path=self.base, samesite="lax")
        response.delete_cookie("signed_out", path=self.base)

    async def sign_in(self, request: Request) -> Response:
        """Sign the visitor in as any handle; a practice site asks for no proof."""
        if request.method == "POST":
            handle = text_of(await read_json(request), "username", 30)
            response: Response = answer({"authenticated": True})
        else:
            handle = request.query_params.get("as", DEMO)
            response = RedirectResponse(f"{self.base}/", 302, headers=NO_STORE)
        if not HANDLE.fullmatch(handle):
            raise BadInputError("username: 1 to 30 letters, digits, dots and underscores")
        await self.world.sign_in(self.platform, handle)
        self.set_session(response, handle)
        return response

    def sign_out(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint's shape
        """Sign the visitor out, and keep it so until the next sign-in."""
        response = RedirectResponse(self.base + self.look.login_path, 302, headers=NO_STORE)
        response.delete_cookie("sessionid", path=self.base)
        response.set_cookie("signed_out", "1", max_age=A_YEAR, path=self.base, samesite="lax")
        return response

    async def data(self, viewer: Viewer, **content: object) -> Response:
        """Answer what a page's script asked for, with who is signed in."""
        if viewer.slow:
            await asyncio.sleep(viewer.slow)
        return answer({"viewer": viewer.handle, **content})

    async def receive(self, kind: str, sender: str, text: str) -> Effect:
        """Let somebody write to the demo account: a message, one that asks first, a comment, a mention."""
        posts = self.platform.posts.values()
        is_message = kind in {"dm", "request"}
        if kind == "request":
            await self.world.keep_thread(self.platform, sender, DEMO, accepted=False)
        target = DEMO if is_message else next(post.id for post in posts if (post.author == DEMO) == (kind == "comment"))
        said = f"@{DEMO} {text}" if kind == "mention" else text
        draft = Draft(self.platform.name, "dm" if is_message else "comment", sender, target, said, f"incoming-{uuid4()}")
        return await self.world.write(draft)

    async def write(self, request: Request, kind: str, rules: Callable[[Draft], Response | None] | None = None) -> Response:
        """Write one effect for one click, or refuse it as an armed fault or the site's own `rules` say."""
        viewer = self.viewer(request)
        draft = self._draft(viewer.must(), await read_json(request), kind)
        if self.world.knows_mutation(self.platform, draft.mutation):
            return answer(self.receipt(await self.world.repeat(self.platform, draft.mutation)))
        strike = self.faults.take(self.platform.name, WRITE_FAULTS)
        slow = self.faults.take(self.platform.name, SLOW)
        refusal = rules(draft) if rules is not None and strike is None else None
        response = refusal or await self._strike_or_write(draft, strike)
        await asyncio.sleep(slow.seconds if slow else viewer.slow)
        return response

    async def _strike_or_write(self, draft: Draft, strike: Fault | None) -> Response:
        name = strike.name if strike else ""
        if name == "error_before_write":
            return answer({"error": "internal"}, 500)
        if name in self.look.refusals:
            status, said = self.look.refusals[name]
            return answer({"error": name, "message": self.languages[self.language].get(said, said)}, status)
        hidden = strike.seconds if strike and name == "listing_delayed" else 0.0
        effect = await self.world.write(
            Draft(draft.platform, draft.kind, draft.account, draft.target, draft.text, draft.mutation, hidden)
        )
        if name == "timeout_after_write":
            return NeverAnswer(self.held)
        return answer({"accepted": True} if hidden else self.receipt(effect))

    def _draft(self, account: str, body: dict[str, Any], kind: str) -> Draft:
        text = text_of(body, "text", self.look.text_limits[kind])
        target = text_of(body, "target", 64)
        mutation = text_of(body, "mutation", 64)
        if not MUTATION.fullmatch(mutation):
            raise BadInputError("mutation: letters, digits and hyphens")
        match kind:
            case "comment":
                known = target in self.platform.posts
            case "video":
                known = target in self.look.formats
            case _:
                known = self.platform.knows(target)
        if not known or target == account:
            raise BadInputError("target: nobody here", 404)
        return Draft(self.platform.name, kind, account, target, text, mutation)

    def receipt(self, effect: Effect) -> dict[str, Any]:
        """Answer what a page needs to show the row that it just wrote."""
        return {"id": effect.id, "account": effect.account, "text": effect.text, "at": effect.at}
