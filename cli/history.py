"""callsheet history: what was really done to the outside world?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, show_table, state, talk, when


def history(
    context: typer.Context,
    *,
    account: Annotated[str, typer.Option(help="Only what this account did.")] = "",
    outcome: Annotated[str, typer.Option(help="confirmed, refused, absent or unknown.")] = "",
    since: Annotated[str, typer.Option("--from", help="From this instant on, ISO 8601 with its offset.")] = "",
    until: Annotated[str, typer.Option("--to", help="Up to this instant, ISO 8601 with its offset.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """List the effects, with their proof."""
    filters = {"account": account, "outcome": outcome, "from": since, "to": until}
    with Client(context.obj) as client:
        page = client.get("/api/effects", **filters, limit=limit, cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (
            when(effect["at"], zone),
            effect["action"],
            target_of(effect),
            state(effect["outcome"]),
            effect["text"],
            effect.get("external_url") or "",
            effect.get("proof_url") or "",
        )
        for effect in page["items"]
    ]
    show_table(("at", "action", "target", "outcome", "text", "address", "proof"), rows, empty="Nothing was done yet.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


def target_of(effect: Mapping[str, Any]) -> str:
    """Return the target of an effect; for one that creates something by itself, its order."""
    options = (effect.get("content") or {}).get("options") or {}
    return effect["target"] or ", ".join(f"{name} {value}" for name, value in options.items())
