"""callsheet audit: who changed what, and is the log still as it was written?"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, show_table, talk, when

LONGEST_CELL = 60
app = typer.Typer(no_args_is_help=True, help="List the audit log, or recompute its chain of hashes.")


@app.command("list")
def list_(
    context: typer.Context,
    *,
    actor: Annotated[str, typer.Option(help="Only what this key or person did.")] = "",
    action: Annotated[str, typer.Option(help="webhooks.deleted, or webhooks for all that happened to them.")] = "",
    since: Annotated[str, typer.Option("--from", help="From this instant on, ISO 8601 with its offset.")] = "",
    until: Annotated[str, typer.Option("--to", help="Up to this instant, ISO 8601 with its offset.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """List changes, newest first."""
    filters = {"actor": actor, "action": action, "from": since, "to": until}
    with Client(context.obj) as client:
        page = client.get("/api/audit", **filters, limit=limit, cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (when(item["at"], zone), item["actor"], item["address"] or "", item["action"], item["subject"], _change(item))
        for item in page["items"]
    ]
    show_table(("at", "actor", "from", "action", "subject", "change"), rows, empty="Nothing was changed yet.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command()
def verify(
    context: typer.Context,
    *,
    seq: Annotated[int | None, typer.Option(min=1, help="The number of a head that was kept elsewhere.")] = None,
    known_hash: Annotated[str, typer.Option("--hash", help="The hash that it had.")] = "",
    as_json: AsJson = False,
) -> None:
    """Recompute the chain; exit code 1 and the first broken entry when it does not hold."""
    with Client(context.obj) as client:
        found = client.get("/api/audit/verify", seq=seq, hash=known_hash)
    if as_json:
        show_json(found)
    else:
        talk.print(_said(found), markup=False, soft_wrap=True)
    if not found["ok"]:
        raise typer.Exit(1)


def _said(found: dict[str, Any]) -> str:
    if found["broken_at"] is not None:
        return f"The chain breaks at entry {found['broken_at']}: it was changed, or what stood before it was."
    if found["known"] is False:
        return "The chain holds, and the entry that you named is not in it: its end was cut off, or all of it rewritten."
    head = found["head"]
    kept = f" Keep the head elsewhere: {head['seq']} {head['hash']}" if head else ""
    return f"{found['entries']} entries, and the chain holds.{kept}"


def _change(item: dict[str, Any]) -> str:
    was, became = item["before"] or {}, item["after"] or {}
    names = sorted(name for name in was.keys() | became.keys() if was.get(name) != became.get(name))
    return "\n".join(f"{name}: {_short(was.get(name))} > {_short(became.get(name))}" for name in names)


def _short(value: object) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST_CELL else f"{said[: LONGEST_CELL - 1]}…"
