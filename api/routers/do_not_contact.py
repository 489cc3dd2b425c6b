"""People who are not to be contacted."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import StreamingResponse

from api.deps import TheDatabase
from api.guard import GuardedRoute, Manager, Reader, Submitter
from api.schemas.do_not_contact import ENTRY_EXAMPLES, LIST_EXAMPLES, EntryBody, ListBody, Name
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.do_not_contact.add import add_entry
from shared.do_not_contact.export import export_entries
from shared.do_not_contact.import_list import ImportReport, import_entries
from shared.do_not_contact.page import EntryPage, find_entry, list_entries
from shared.do_not_contact.remove import remove_entry
from shared.do_not_contact.view import EntryView, Source

router = APIRouter(prefix="/api/do-not-contact", tags=["do_not_contact"], route_class=GuardedRoute)
EntryId = Annotated[Id, Path(description="The entry's id.")]
CSV = {"text/csv": {"schema": {"type": "string"}, "example": "kind,name,platform,persona_id,reason\r\nhandle,maple,,,\r\n"}}


@router.get("")
async def list_(
    caller: Reader,
    database: TheDatabase,
    name: Annotated[Name | None, Query(description="Only what the list says of this handle or domain.")] = None,
    source: Annotated[Source | None, Query(description="Only what came from there; `doubtful` waits for a person.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> EntryPage:
    """List the people who are not to be contacted, newest first."""
    return await list_entries(database=database, caller=caller, name=name, source=source, cursor=cursor, limit=limit)


@router.post("", status_code=HTTPStatus.CREATED)
async def add(
    caller: Submitter, database: TheDatabase, body: Annotated[EntryBody, Body(openapi_examples=ENTRY_EXAMPLES)]
) -> EntryView:
    """Add a person to the list; waiting tasks that are aimed at them fail when their turn comes."""
    return await add_entry(database=database, caller=caller, entry=body.entry())


@router.post("/import")
async def import_(
    caller: Submitter, database: TheDatabase, body: Annotated[ListBody, Body(openapi_examples=LIST_EXAMPLES)]
) -> ImportReport:
    """Import a list, all of it or nothing; 409 names each line that is wrong."""
    return await import_entries(database=database, caller=caller, lines=body.lines())


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": CSV, "description": "A CSV file that can be brought in again."}},
)
async def export(caller: Reader, database: TheDatabase) -> StreamingResponse:
    """Export the list as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="do-not-contact.csv"'}
    return StreamingResponse(export_entries(database=database, caller=caller), media_type="text/csv", headers=headers)


@router.get("/{entry:uuid}")
async def get(caller: Reader, database: TheDatabase, entry: EntryId) -> EntryView:
    """Show one entry."""
    return await find_entry(database=database, caller=caller, entry=entry)


@router.delete("/{entry:uuid}")
async def remove(caller: Manager, database: TheDatabase, entry: EntryId) -> EntryView:
    """Remove an entry from the list; the answer shows it as it was."""
    return await remove_entry(database=database, caller=caller, entry=entry)
