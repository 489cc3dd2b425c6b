"""callsheet approvals: list the tasks that wait for approval, approve and reject them."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, show_table, talk, when
from shared.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="List what waits for approval, approve it or reject it.")
Id = Annotated[str, typer.Argument(metavar="ID", help="The task's id.")]
MOST = 200


@app.command("list")
def list_(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """List the tasks that wait for approval, oldest first."""
    with Client(context.obj) as client:
        page = client.get("/api/approvals", limit=limit, cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (
            item["task_id"],
            item["type"],
            f"{item['platform']}/{item['account']}",
            item["author"],
            item["asked_by"] or "",
            when(item["expires_at"], zone),
            _words(item["payload"]),
        )
        for item in page["items"]
    ]
    show_table(
        ("id", "type", "account", "author", "asked by", "until", "payload"), rows, empty="Nothing waits for approval."
    )
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command()
def approve(
    context: typer.Context,
    task_id: Id,
    *,
    payload_hash: Annotated[
        str, typer.Option("--hash", help="The payload's version that you saw; else you are shown it.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Approve exactly one payload; without its hash you are shown it, and asked."""
    with Client(context.obj) as client:
        if not payload_hash:
            task = client.get(_path(task_id))
            talk.print(_words(task["payload"]), markup=False, soft_wrap=True)
            typer.confirm("Approve this?", abort=True, err=True)
            payload_hash = task["payload_hash"]
        answer = client.post(_path(task_id, "/approve"), {"payload_hash": payload_hash})
    _tell(answer, as_json=as_json)


@app.command()
def reject(
    context: typer.Context,
    task_id: Id,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the task.")],
    as_json: AsJson = False,
) -> None:
    """Reject a task that waits for approval; it is cancelled."""
    with Client(context.obj) as client:
        answer = client.post(_path(task_id, "/reject"), {"reason": reason})
    _tell(answer, as_json=as_json)


def _path(task_id: str, what: str = "") -> str:
    if not task_id:
        raise NotFound(message="Say which task.")
    return f"/api/scheduler/task/{quote(task_id, safe='')}{what}"


def _tell(task: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(task)
    else:
        talk.print(f"{task['id']} is {task['status']}.", markup=False)


def _words(payload: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in payload.items())
