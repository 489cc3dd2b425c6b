"""The audit log: who changed what, when and from where."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from api.deps import TheDatabase
from api.filters import ActionFilter, ActorFilter
from api.guard import GuardedRoute, Manager
from api.schemas.instant import Instant
from api.schemas.parameter import Cursor, Known, Limit
from shared.audit.export import Format, export_audit
from shared.audit.page import AuditPage, list_audit
from shared.audit.verify import Anchor, Verification, verify_audit
from shared.db.audit_log import AuditFilter

router = APIRouter(prefix="/api/audit", tags=["audit"], route_class=GuardedRoute)
MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv"}
LINES = {
    "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"seq": 42, "action": "webhooks.deleted"}\n'},
    "text/csv": {"schema": {"type": "string"}, "example": "seq,action\r\n42,webhooks.deleted\r\n"},
}

Since = Annotated[Instant | None, Query(alias="from", description="From this instant on.")]
Until = Annotated[Instant | None, Query(alias="to", description="Up to before this instant.")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Query(description="The hash that it had.")]


@router.get("")
async def list_(
    caller: Manager,
    database: TheDatabase,
    actor: ActorFilter = None,
    action: ActionFilter = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """List changes, newest first."""
    wanted = AuditFilter(actor, action, since, until)
    return await list_audit(database=database, caller=caller, wanted=wanted, cursor=cursor, limit=limit)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": LINES, "description": "One entry on each line."}},
)
async def export(
    caller: Manager,
    database: TheDatabase,
    form: Annotated[Format, Query(alias="format")] = "jsonl",
    actor: ActorFilter = None,
    action: ActionFilter = None,
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """Export changes, oldest first, as lines of JSON or as CSV."""
    text = export_audit(database=database, caller=caller, wanted=AuditFilter(actor, action, since, until), form=form)
    headers = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
    return StreamingResponse(text, media_type=MEDIA_TYPES[form], headers=headers)


@router.get("/verify")
async def verify(
    caller: Manager,
    database: TheDatabase,
    seq: Known = None,
    known_hash: Annotated[Hash | None, Query(alias="hash")] = None,
) -> Verification:
    """Recompute the chain of hashes, and report the first break."""
    anchor = Anchor(seq, known_hash) if seq is not None and known_hash is not None else None
    return await verify_audit(database=database, caller=caller, anchor=anchor)
