"""callsheet persona: list personas, and create one."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.client import Client
from cli.screen import AsJson, show_json, show_table, talk

app = typer.Typer(no_args_is_help=True, help="List personas, or make one.")


@app.command("list")
def list_personas(
    context: typer.Context,
    *,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    as_json: AsJson = False,
) -> None:
    """List personas with the accounts they own."""
    with Client(context.obj) as client:
        page = client.get("/api/personas", cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (one["id"], one["name"], one["voice"], ", ".join(one["languages"]), one["zone"], ", ".join(one["accounts"]))
        for one in page["items"]
    ]
    show_table(("id", "name", "voice", "languages", "zone", "accounts"), rows, empty="There is no persona.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    voice: Annotated[str, typer.Option(help="professional, casual, enthusiastic, thoughtful, or your own words.")] = "",
    language: Annotated[list[str] | None, typer.Option(help="A BCP 47 tag such as en-GB; once for each.")] = None,
    zone: Annotated[str, typer.Option(help="An IANA time zone such as Europe/Berlin.")] = "",
    disclosure: Annotated[str, typer.Option(help="What stands at the end of posts that AI wrote.")] = "",
    as_json: AsJson = False,
) -> None:
    """Create a persona."""
    said = {"voice": voice, "languages": language, "zone": zone, "disclosure": disclosure}
    body = {"name": name} | {key: value for key, value in said.items() if value}
    with Client(context.obj) as client:
        made = client.post("/api/personas", body)
    if as_json:
        show_json(made)
    else:
        talk.print(f"{made['name']} is {made['id']}.", markup=False)
