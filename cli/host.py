"""callsheet host: which machines with browsers are there, how does one join, and who shuts one out?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Client
from cli.screen import AsJson, show_json, show_table, talk
from shared.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="List hosts, let one join, or shut one out.")
Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.command("list")
def list_hosts(
    context: typer.Context,
    *,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    as_json: AsJson = False,
) -> None:
    """List hosts with their state and when their keepers were last heard of."""
    with Client(context.obj) as client:
        page = client.get("/api/hosts", cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (one["id"], one["name"], one["state"], one["joined_at"] or "", one["keeper_seen_at"] or "") for one in page["items"]
    ]
    show_table(("id", "name", "state", "joined", "keeper seen"), rows, empty="There is no host.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command()
def add(context: typer.Context, name: Name, *, as_json: AsJson = False) -> None:
    """Make a host, or find it, and print the token that joins it once within 15 minutes."""
    with Client(context.obj) as client:
        made = client.post("/api/hosts", {"name": name})
    if as_json:
        show_json(made)
        return
    talk.print(f"On {name}, by {made['expires_at']}:", markup=False)
    typer.echo(f"callsheet worker join --url {client.url} {made['token']}")


@app.command()
def revoke(context: typer.Context, name: Name, *, as_json: AsJson = False) -> None:
    """Shut a host out at once: its credentials and sessions end, and its tasks wait."""
    with Client(context.obj) as client:
        said = client.post(f"/api/hosts/{_id_of(client, name)}/revoke")
    if as_json:
        show_json(said)
    else:
        talk.print(f"{name} is shut out.", markup=False)


@app.command()
def gone(
    context: typer.Context,
    name: Name,
    *,
    note: Annotated[str, typer.Option(help="How you know; it is kept.")],
    as_json: AsJson = False,
) -> None:
    """Say that a host is gone for good: what was lost on it is dead, and its accounts can be connected on another."""
    with Client(context.obj) as client:
        said = client.post(f"/api/hosts/{_id_of(client, name)}/gone", {"note": note})
    if as_json:
        show_json(said)
    else:
        talk.print(f"{name} is gone. Connect its accounts again on another host: their tasks follow.", markup=False)


def _id_of(client: Client, name: str) -> str:
    cursor: Any = ""
    while cursor is not None:
        page = client.get("/api/hosts", cursor=cursor)
        for one in page["items"]:
            if one["name"] == name:
                return str(one["id"])
        cursor = page["next_cursor"]
    raise NotFound(field="host", message=f"There is no host {name!r}.")
