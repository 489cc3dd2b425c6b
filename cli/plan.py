"""callsheet plan: when will waiting tasks start?"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import Client
from cli.screen import AsJson, Zone, data, show_json, show_table, talk, when

COLUMNS = 48
SHOWN = 30


def plan(
    context: typer.Context,
    *,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How far to look ahead.")] = 24,
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Draw when the waiting tasks are expected to start, lane by lane."""
    with Client(context.obj) as client:
        answer = client.get("/api/scheduler/plan", hours=hours)
    if as_json:
        show_json(answer)
        return
    items = answer["items"]
    if not items:
        talk.print("Nothing waits.")
        return
    data.print(timeline(answer), markup=False, soft_wrap=True)
    rows = [
        (
            when(item["expected_start"], zone) or "not known",
            item["type"],
            item["account"] or "",
            item["task_id"],
            item["reason"],
        )
        for item in items[:SHOWN]
    ]
    show_table(("at", "type", "account", "id", "why not"), rows, empty="")
    if len(items) > SHOWN or not answer["complete"]:
        talk.print(f"{len(items)} tasks and more wait; --json has them.")


def timeline(answer: dict[str, Any]) -> Text:
    """Return a line for each lane: the starts in each of 48 equal parts of the time, `·` for none, `+` for over 9."""
    begins, ends = (datetime.fromisoformat(answer[name]) for name in ("as_of", "until"))
    part = (ends - begins) / COLUMNS
    lanes: dict[str, Counter[int]] = {}
    for item in answer["items"]:
        counted = lanes.setdefault(item["lane"], Counter())
        if item["expected_start"]:
            counted[int((datetime.fromisoformat(item["expected_start"]) - begins) / part)] += 1
    width = max(len(lane) for lane in lanes)
    lines = [
        f"{lane:<{width}}  {''.join(_mark(counted[number]) for number in range(COLUMNS))}"
        for lane, counted in sorted(lanes.items())
    ]
    hours = (ends - begins).total_seconds() / 3600
    lines.append(f"{'':<{width}}  {'now':<{COLUMNS - 6}}+{hours:.0f} h\n")
    return Text("\n".join(lines))


def _mark(number: int) -> str:
    return "·" if number == 0 else str(number) if number < 10 else "+"  # noqa: PLR2004 - one digit
