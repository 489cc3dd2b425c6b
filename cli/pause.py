"""callsheet pause and resume: pause a part of the system, or resume it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.client import Client
from cli.screen import AsJson, show_json, talk

Scope = Annotated[
    str, typer.Argument(help="all, lane:NAME, platform:KEY, account:PLATFORM/HANDLE or account:ID.", metavar="SCOPE")
]


def pause(context: typer.Context, scope: Scope = "all", *, as_json: AsJson = False) -> None:
    """Pause a part of the system; what is running goes on up to its next outward step."""
    _send(context, "pause", scope, as_json=as_json)


def resume(context: typer.Context, scope: Scope = "all", *, as_json: AsJson = False) -> None:
    """Resume a part of the system."""
    _send(context, "resume", scope, as_json=as_json)


def _send(context: typer.Context, what: str, scope: str, *, as_json: bool) -> None:
    with Client(context.obj) as client:
        answer = client.post(f"/api/scheduler/{what}", {"scope": scope})
    if as_json:
        show_json(answer)
    else:
        talk.print(f"{answer['scope']} is {answer['state']}.", markup=False)
