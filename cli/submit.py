"""callsheet comment and dm: submit one task, or set the hours of waiting messages."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Client
from cli.hours import Days, End, Start, hours_of
from cli.screen import AsJson, Zone, show_json, talk, waiting_text, when
from cli.times import At, Now, start_at
from shared.errors import Invalid, NotFound

Text = Annotated[str, typer.Argument(help="The words, as they shall stand there.")]
Platform = Annotated[str, typer.Option(help="The platform's key, such as instagram.")]
Account = Annotated[str, typer.Option(help="The account that acts, by its handle; else the only one on the platform.")]
Priority = Annotated[int, typer.Option(min=1, max=5, help="1 is the most urgent.")]


def comment(
    context: typer.Context,
    post_url: Annotated[str, typer.Argument(help="The post's address.")],
    text: Text,
    *,
    platform: Platform,
    account: Account = "",
    at: At = "",
    now: Now = False,
    start: Start = "",
    end: End = "",
    days: Days = "",
    priority: Priority = 3,
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Have an account comment on a post, once."""
    order = {"type": "comment", "platform": platform, "account": account, "priority": priority}
    order |= {"payload": {"post_url": post_url, "text": text}}
    submit(context, order | _when(start_at(at, zone, at_once=now), hours_of(start, end, days, zone)), zone, as_json=as_json)


def dm(
    context: typer.Context,
    to: Annotated[str, typer.Argument(help="The person's handle; nobody: all messages that wait get the hours.")] = "",
    text: Annotated[str, typer.Argument(help="The words, as they shall stand there.")] = "",
    *,
    platform: Platform,
    account: Account = "",
    at: At = "",
    now: Now = False,
    start: Start = "",
    end: End = "",
    days: Days = "",
    priority: Priority = 3,
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Have an account send a person a message, once; or let waiting messages go out within hours."""
    hours = hours_of(start, end, days, zone)
    order: dict[str, Any] = {"platform": platform, "account": account, "priority": priority}
    if to and text:
        order |= {"type": "dm", "payload": {"to": to, "text": text}} | _when(start_at(at, zone, at_once=now), hours)
    elif hours is None or to:
        raise Invalid(code="dm", message="Say to whom and what; or --start and --end, for the messages that wait.")
    else:
        order |= {"type": "message_window", "payload": {"hours": hours}} | _when(start_at(at, zone, at_once=now), None)
    submit(context, order, zone, as_json=as_json)


def submit(context: typer.Context, order: dict[str, Any], zone: str, *, as_json: bool) -> None:
    """Submit a task, by the platform's only account where none is named, and show its state."""
    with Client(context.obj) as client:
        account = order["account"] or only_account(client, order["platform"])
        task = client.post("/api/scheduler/task", order | {"account": account})
    if as_json:
        show_json(task)
        return
    part = f" It begins run {task['run_id']}." if task["run_id"] else ""
    talk.print(f"Task {task['id']} is {task['status']}.{part}", markup=False)
    if waits := waiting_text(task, zone):
        talk.print(f"It waits: {waits}", markup=False)
    elif task["not_before"]:
        talk.print(f"It starts at {when(task['not_before'], zone)}.", markup=False)


def only_account(client: Client, platform: str) -> str:
    """Return the handle of the platform's only account.

    Raises:
        NotFound: there is none, or there are several.
    """
    page = client.get("/api/accounts", limit=200)
    handles = [str(one["handle"]) for one in page["items"] if one["platform"] == platform]
    if len(handles) == 1 and not page.get("next_cursor"):
        return handles[0]
    there = f"there are {', '.join(sorted(handles))}" if handles else "there is none"
    raise NotFound(field="account", message=f"Say which account on {platform} with --account; {there}.")


def _when(at: str | None, hours: dict[str, Any] | None) -> dict[str, Any]:
    return ({"scheduled_for": at} if at else {}) | ({"hours": hours} if hours else {})
