"""callsheet sleep and wake: let the whole system sleep until something is due, or wake it."""

from __future__ import annotations

from typing import Any

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, talk, when


def sleep(context: typer.Context, *, zone: Zone = "", as_json: AsJson = False) -> None:
    """Let the system sleep as soon as nothing is in flight or due soon; whatever is due wakes it."""
    _ask(context, "sleep", zone, as_json=as_json)


def wake(context: typer.Context, *, zone: Zone = "", as_json: AsJson = False) -> None:
    """Wake the system."""
    _ask(context, "wake", zone, as_json=as_json)


def _ask(context: typer.Context, what: str, zone: str, *, as_json: bool) -> None:
    with Client(context.obj) as client:
        answer = client.post(f"/api/system/{what}")
    if as_json:
        show_json(answer)
    else:
        talk.print(describe_sleep(answer, zone), markup=False)


def describe_sleep(answer: dict[str, Any], zone: str) -> str:
    """Return the state in one line."""
    if answer["state"] == "asleep":
        wakes = when(answer["wakes_at"], zone)
        return f"It sleeps, and wakes at {wakes}." if wakes else "It sleeps until something is due."
    if answer["state"] == "falling_asleep":
        due = f" (next at {when(answer['due_at'], zone)})" if answer["due_at"] else ""
        return f"It falls asleep when nothing is in flight (now {answer['in_flight']}) or due soon{due}."
    return "It is awake."
