"""callsheet queue: which tasks are there, and what do they wait for?"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.client import Client
from cli.screen import (
    AsJson,
    Zone,
    show_json,
    show_table,
    state,
    talk,
    waiting_text,
    when,
)


def queue(
    context: typer.Context,
    *,
    status: Annotated[str, typer.Option(help="Only tasks in this state, such as pending.")] = "",
    kind: Annotated[str, typer.Option("--type", help="Only tasks of this type, such as comment.")] = "",
    platform: Annotated[str, typer.Option(help="Only tasks of this platform.")] = "",
    account: Annotated[str, typer.Option(help="Only tasks of this account.")] = "",
    lane: Annotated[str, typer.Option(help="Only tasks of this lane.")] = "",
    parent: Annotated[str, typer.Option(metavar="ID", help="Only tasks that this one has made.")] = "",
    probes: Annotated[
        bool, typer.Option("--probes", help="Also those that only prove a lane, as the doctor sends.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """List the tasks."""
    shown = "true" if probes or kind else "false"
    filters = {"status": status, "type": kind, "platform": platform, "account": account, "lane": lane, "probes": shown}
    filters |= {"parent_id": parent}
    with Client(context.obj) as client:
        page = client.get("/api/scheduler/queue", **filters, limit=limit, cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (
            task["id"],
            task["type"],
            f"{task.get('platform') or ''} {task.get('account') or ''}".strip(),
            task["priority"],
            state(task["status"]),
            when(task.get("not_before") or task.get("scheduled_for"), zone),
            waiting_text(task, zone) or (task.get("error") or {}).get("message", ""),
        )
        for task in page["items"]
    ]
    show_table(("id", "type", "account", "prio", "status", "not before", "waits for"), rows, empty="No tasks.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)
