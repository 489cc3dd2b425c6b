"""callsheet account: list, check, connect, pause and disconnect accounts."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import Client
from cli.connect import Handle, Platform, connect, path_of, run_window
from cli.screen import AsJson, Zone, show_json, show_table, talk, waiting_text, when
from cli.wait_for_task import FINISHED, finish
from shared.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="List, connect, check, stop and disconnect accounts.")
app.command()(connect)

STYLES = {"connected": "green", "paused": "yellow", "blocked": "red", "disconnected": "dim"}


@app.command("list")
def list_accounts(
    context: typer.Context,
    *,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """List accounts with their health and what to do about it."""
    with Client(context.obj) as client:
        page = client.get("/api/accounts", cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (
            one["platform"],
            one["handle"],
            one["persona"],
            one["sign_in"],
            Text(one["state"], style=STYLES.get(one["state"], "")),
            when(one["checked_at"], zone),
            _health(one["health"]),
            "\n".join(filter(None, (one["reason"], one["what_to_do"]))),
        )
        for one in page["items"]
    ]
    columns = ("platform", "account", "persona", "sign-in", "state", "checked", "health", "reason, what to do")
    show_table(columns, rows, empty="There is no account.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command()
def check(context: typer.Context, platform: Platform, handle: Handle, *, as_json: AsJson = False) -> None:
    """Open the account's pages on the real site, write nothing, and list each element found or missing."""
    with Client(context.obj) as client:
        task = finish(client, client.post(path_of(platform, handle, "/check")))
    if as_json:
        show_json(task)
    else:
        _tell(task)
    if task["status"] != "completed" or not task["result"]["ok"]:
        raise typer.Exit(1)


@app.command()
def pause(context: typer.Context, platform: Platform, handle: Handle, *, as_json: AsJson = False) -> None:
    """Pause the account: it does nothing until it is resumed."""
    _act(context, platform, handle, "/pause", as_json=as_json)


@app.command()
def resume(context: typer.Context, platform: Platform, handle: Handle, *, as_json: AsJson = False) -> None:
    """Resume the account."""
    _act(context, platform, handle, "/resume", as_json=as_json)


@app.command()
def disconnect(context: typer.Context, platform: Platform, handle: Handle, *, as_json: AsJson = False) -> None:
    """Forget the account's credentials, and its browser profile on this machine; it keeps its id and history."""
    account = _act(context, platform, handle, "/disconnect", as_json=as_json)
    if account["transport"] != "chromium" or account["host"] != context.obj.host_name:
        return
    with Client(context.obj) as client:
        running = client.get("/api/scheduler/queue", platform=platform, account=account["handle"], status="running", limit=1)
    if running["items"]:
        talk.print("A task still uses the account's browser: disconnect again when it has ended, to remove its profile.")
        return
    if run_window(context.obj, "forget", platform, account["id"])["forgotten"]:
        talk.print("The browser profile on this machine is removed.")


@app.command()
def inbox(
    context: typer.Context,
    platform: Platform,
    handle: Handle,
    *,
    every: Annotated[int | None, typer.Option(min=300, max=86_400, help="Seconds between two readings.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Do not read it by itself any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the account's inbox on the timetable, or stop doing so."""
    if (every is None) != off:
        raise Invalid(message="Say how: --every SECONDS or --off.")
    with Client(context.obj) as client:
        account = client.patch(path_of(platform, handle), {"inbox_every_s": every})
    if as_json:
        show_json(account)
    else:
        how = "not read by itself" if every is None else f"read every {every} s"
        talk.print(f"The inbox of {platform}/{account['handle']} is {how}.", markup=False, soft_wrap=True)


def _act(context: typer.Context, platform: str, handle: str, what: str, *, as_json: bool) -> dict[str, Any]:
    with Client(context.obj) as client:
        account: dict[str, Any] = client.post(path_of(platform, handle, what))
    if as_json:
        show_json(account)
    else:
        told = f"{platform}/{account['handle']} is {account['state']}."
        talk.print(f"{told} {account['what_to_do'] or ''}".strip(), markup=False, soft_wrap=True)
    return account


def _tell(task: dict[str, Any]) -> None:
    if task["status"] not in FINISHED:
        talk.print(f"The check waits: {waiting_text(task)}", markup=False, soft_wrap=True)
        return
    if task["status"] != "completed":
        talk.print(f"The check {task['status']}: {(task['error'] or {}).get('message', '')}", markup=False, soft_wrap=True)
        return
    result = task["result"]
    styles = {"found": "green", "missing": "red", "not_seen": "dim"}
    rows = [(name, Text(kind.replace("_", " "), style=style)) for kind, style in styles.items() for name in result[kind]]
    show_table(("place", "state"), rows, empty="No place was looked for.")
    talk.print(f"Signed in as {result['signed_in_as'] or 'nobody'}. {result['message']}".strip(), markup=False)


def _health(health: dict[str, Any] | None) -> Text:
    if health is None:
        return Text("")
    if health["ok"]:
        return Text("good", style="green")
    return Text(f"{len(health['missing'])} missing" if health["missing"] else "bad", style="red")
