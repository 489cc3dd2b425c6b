"""callsheet comment and dm: hand over one task."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, talk, waiting_text, when

Text = Annotated[str, typer.Argument(help="The words, as they shall stand there.")]
Platform = Annotated[str, typer.Option(help="The platform's key, such as instagram.")]
Account = Annotated[str, typer.Option(help="The account that acts, by its handle.")]
At = Annotated[str, typer.Option("--at", help="Not before this instant, such as 2026-05-01T09:00:00+02:00.")]
Priority = Annotated[int, typer.Option(min=1, max=5, help="1 is the most urgent.")]


def comment(
    context: typer.Context,
    post_url: Annotated[str, typer.Argument(help="The post's address.")],
    text: Text,
    *,
    platform: Platform,
    account: Account,
    at: At = "",
    priority: Priority = 3,
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Have an account comment on a post, once."""
    order = {"type": "comment", "platform": platform, "account": account, "priority": priority}
    _submit(context, order | {"payload": {"post_url": post_url, "text": text}}, at, zone, as_json=as_json)


def dm(
    context: typer.Context,
    to: Annotated[str, typer.Argument(help="The person's handle.")],
    text: Text,
    *,
    platform: Platform,
    account: Account,
    at: At = "",
    priority: Priority = 3,
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Have an account send a person a message, once."""
    order = {"type": "dm", "platform": platform, "account": account, "priority": priority}
    _submit(context, order | {"payload": {"to": to, "text": text}}, at, zone, as_json=as_json)


def _submit(context: typer.Context, order: dict[str, Any], at: str, zone: str, *, as_json: bool) -> None:
    with Client(context.obj) as client:
        task = client.post("/api/scheduler/task", order | ({"scheduled_for": at} if at else {}))
    if as_json:
        show_json(task)
        return
    talk.print(f"Task {task['id']} is {task['status']}.", markup=False)
    if waits := waiting_text(task, zone):
        talk.print(f"It waits: {waits}", markup=False)
    elif task["not_before"]:
        talk.print(f"It starts at {when(task['not_before'], zone)}.", markup=False)
