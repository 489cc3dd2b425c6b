"""callsheet dead-letters: list failed tasks, and retry them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, show_table, state, talk, when

app = typer.Typer(invoke_without_command=True, help="List failed tasks, or try them again.")

AT_ONCE = 1_000


@app.callback()
def dead_letters(
    context: typer.Context,
    *,
    kind: Annotated[str, typer.Option("--type", help="Only tasks of this type, such as comment.")] = "",
    platform: Annotated[str, typer.Option(help="Only tasks of this platform.")] = "",
    account: Annotated[str, typer.Option(help="Only tasks of this account.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """List failed tasks, newest first."""
    if context.invoked_subcommand is not None:
        return
    filters = {"type": kind, "platform": platform, "account": account}
    with Client(context.obj) as client:
        page = client.get("/api/dead-letters", **filters, limit=limit, cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (
            letter["id"],
            letter["type"],
            f"{letter.get('platform') or ''} {letter.get('account') or ''}".strip(),
            when(letter.get("finished_at"), zone),
            len(letter["attempts"]),
            (letter.get("error") or {}).get("code", ""),
            (letter.get("error") or {}).get("message", ""),
        )
        for letter in page["items"]
    ]
    show_table(("id", "type", "account", "failed at", "tries", "code", "error"), rows, empty="Nothing has failed.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command()
def replay(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The tasks' ids.")],
    *,
    dependents: Annotated[bool, typer.Option("--dependents", help="And all that failed because of them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Retry failed tasks, under their ids; outward steps that were done are not repeated."""
    items: list[dict[str, Any]] = []
    fallen: list[str] = []
    with Client(context.obj) as client:
        for first in range(0, len(ids), AT_ONCE):
            body = {"ids": ids[first : first + AT_ONCE], "dependents": dependents}
            said = client.post("/api/dead-letters/replay", body)
            items, fallen = items + said["items"], fallen + said["dependents"]
    if as_json:
        show_json({"items": items, "dependents": fallen})
        return
    show_table(("id", "outcome"), [(item["id"], state(item["outcome"])) for item in items], empty="No tasks.")
    if fallen:
        talk.print(f"{len(fallen)} more failed because of these: --dependents replays them, too.", markup=False)
