"""callsheet resources: which accounts can act now, and how much of their budgets is used?"""

from __future__ import annotations

from typing import Any

import typer
from rich.text import Text

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, show_table, when

STYLES = {"connected": "green", "cooldown": "yellow", "paused": "yellow"}


def resources(context: typer.Context, *, zone: Zone = "", as_json: AsJson = False) -> None:
    """List the accounts with their state and their tightest budget."""
    with Client(context.obj) as client:
        found = client.get("/api/resources/platforms")
    if as_json:
        show_json(found)
        return
    rows = [
        (
            item["platform"],
            item["account"],
            Text(item["state"], style=STYLES.get(item["state"], "red")),
            _used(item),
            when(item["until"], zone),
            item["reason"],
        )
        for item in found["items"]
    ]
    show_table(("platform", "account", "state", "used", "until", "reason"), rows, empty="There is no account.")


def _used(item: dict[str, Any]) -> str:
    return "no limit" if item["max"] is None else f"{item['used']} of {item['max']}"
