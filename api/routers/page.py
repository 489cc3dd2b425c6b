"""The pages of the gateway: files that stand beside this code, served as they are."""

from __future__ import annotations

from pathlib import Path as FilePath

from fastapi import APIRouter, Response

from api.deps import TheDatabase
from api.guard import GuardedRoute, public
from shared.errors import NotFound
from shared.system.visit import note_visit

router = APIRouter(tags=["page"], include_in_schema=False, route_class=GuardedRoute, dependencies=[public])
FOLDER = FilePath(__file__).parent.parent / "static"
MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

FILES = frozenset({"live.css", "live.js", "stream.js", "view.js", "icon.svg", "back.js"})


@router.get("/", response_class=Response)
async def get_page(database: TheDatabase) -> Response:
    """Return the page itself; its key comes after the `#`, which no browser sends."""
    await note_visit(database=database)
    return _serve("live.html")


@router.get("/oauth/back", response_class=Response)
async def get_way_back() -> Response:
    """Return the page to which platforms send people back; it then calls `/api/oauth/callback`."""
    return _serve("back.html")


@router.get("/static/{name}", response_class=Response)
async def get_file(name: str) -> Response:
    """Return a file that the page needs."""
    if name not in FILES:
        raise NotFound(message="There is no such file.")
    return _serve(name)


def _serve(name: str) -> Response:
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    return Response((FOLDER / name).read_bytes(), media_type=media_type, headers={"Cache-Control": "no-cache"})
