"""callsheet sora: show the credits, check them now, and order a trilogy that waits for them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, show_table, talk, when


def sora(
    context: typer.Context,
    *,
    trilogy: Annotated[str, typer.Option(help="Order this story, such as first_contact.")] = "",
    when_credits: Annotated[int, typer.Option(min=0, help="Begin only when there are so many credits.")] = 0,
    makers: Annotated[str, typer.Option(help="Platforms that make it in turn, such as sora,openai_videos.")] = "",
    account: Annotated[str, typer.Option(help="The account, by its handle; else the one connected first.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Have somebody look now.")] = False,
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Show the credits of Sora, have them read, or order a trilogy."""
    with Client(context.obj) as client:
        found = client.get("/api/sora/credits", account=account)
        if trilogy:
            order = {"trilogy": trilogy, "account": found["account"], "when_credits": when_credits}
            order |= {"makers": [one.strip() for one in makers.split(",")]} if makers else {}
            run = client.post("/api/sora/queue-trilogy", order)
            _say_run(run, found, as_json=as_json)
            return
        task = client.post(f"/api/sora/credits/check?account={found['account']}") if check else None
    if as_json:
        show_json({"credits": found, "check": task} if check else found)
        return
    if task is not None:
        talk.print(f"Task {task['id']} looks; ask again in a moment.", markup=False)
    columns = ("account", "free", "paid", "total", "available", "checked", "refreshes")
    amounts = [_amount(found[name]) for name in ("free", "paid", "total", "available")]
    row = (found["account"], *amounts, when(found["checked_at"], zone), when(found["refreshes_at"], zone))
    show_table(columns, [row], empty="There is no account.")


def _say_run(run: dict[str, Any], found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(run)
        return
    talk.print(f"Run {run['run_id']} is queued: {', '.join(run['task_ids'])}.", markup=False)
    if not found["known"]:
        talk.print("The credits are unknown: it waits until a look finds enough. `callsheet sora --check` looks now.")


def _amount(value: int | None) -> str:
    return "unknown" if value is None else str(value)
