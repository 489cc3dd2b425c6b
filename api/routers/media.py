"""Uploads: pictures and films, by opaque ids."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse

from api.deps import TheDatabase, TheSettings
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from api.upload_body import FORM, file_in
from shared.media.find import find_media, list_media
from shared.media.remove import remove_media
from shared.media.shape import ENDINGS
from shared.media.upload import Room, upload_media
from shared.media.view import MediaPage, MediaView

router = APIRouter(prefix="/api/media", tags=["media"], route_class=GuardedRoute)
MediaId = Annotated[Id, Path(description="The upload's id.")]
BINARY = {"schema": {"type": "string", "format": "binary"}}
ONE_FILE = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
        "additionalProperties": False,
    }
}
FILES: dict[int | str, dict[str, Any]] = {200: {"content": dict.fromkeys(ENDINGS, BINARY), "description": "The file."}}
_BYTES = re.compile(r"\s*bytes\s*=\s*(\d+-\d*|-\d+)(\s*,\s*(\d+-\d*|-\d+))*\s*", re.IGNORECASE)
# An upload that is shown or saved is never a page of ours: it runs no scripts, and has no origin.
SHUT = "default-src 'none'; sandbox"


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> MediaPage:
    """List the workspace's uploads, newest first."""
    return await list_media(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": BINARY, FORM: ONE_FILE}}},
)
async def upload(request: Request, caller: Submitter, database: TheDatabase, settings: TheSettings) -> MediaView:
    """Upload a picture or a film, as the body itself or as the one file of a form; its type is read from its content."""
    room = Room(settings.max_media_bytes, settings.media_quota_bytes)
    return await upload_media(database=database, caller=caller, home=settings.home, room=room, body=file_in(request))


@router.get("/{media}", response_class=FileResponse, responses=FILES)
async def get(
    request: Request, caller: Reader, database: TheDatabase, settings: TheSettings, media: MediaId
) -> FileResponse:
    """Show an upload; a film can be requested in ranges."""
    _pass_over_unknown_ranges(request)
    view, path = await find_media(database=database, caller=caller, home=settings.home, wanted=media)
    headers = {"Content-Security-Policy": SHUT, "Cache-Control": "private, max-age=86400"}
    name = f"{view.id}.{ENDINGS[view.media_type]}"
    return FileResponse(path, media_type=view.media_type, filename=name, headers=headers)


def _pass_over_unknown_ranges(request: Request) -> None:
    """Drop a range that is invalid or not in bytes, so that the whole file is answered (RFC 9110, 14.2) and not 400."""
    said = request.headers.get("Range", "bytes=0-")
    backwards = any(int(first) > int(last) for first, last in re.findall(r"(\d+)-(\d+)", said))
    if backwards or not _BYTES.fullmatch(said):
        request.scope["headers"] = [(name, value) for name, value in request.scope["headers"] if name.lower() != b"range"]


@router.delete("/{media}")
async def delete(caller: Submitter, database: TheDatabase, settings: TheSettings, media: MediaId) -> MediaView:
    """Delete an upload; the answer shows it as it was."""
    return await remove_media(database=database, caller=caller, home=settings.home, wanted=media)
