"""callsheet task: show one task, and act on it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from cli.client import Client
from cli.screen import (
    AsJson,
    Zone,
    escape_unseen,
    how_far,
    show_json,
    show_table,
    state,
    talk,
    waiting_text,
    when,
)

app = typer.Typer(no_args_is_help=True, help="Show, explain, cancel, retry, verify or resolve one task.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The task's id.")]


WAITING = {"awaiting_approval", "scheduled", "pending", "unknown"}
TIMES = ("scheduled_for", "not_before", "created_at", "started_at", "finished_at")


class Outcome(StrEnum):
    """A person's answer about an unknown outcome."""

    CONFIRMED = "confirmed"
    ABSENT = "absent"


@app.command("show")
def show_task(context: typer.Context, task_id: Id, *, zone: Zone = "", as_json: AsJson = False) -> None:
    """Show a task and what happened to it."""
    with Client(context.obj) as client:
        task = client.get(_path(task_id))
        events = client.get(_path(task_id, "/events"))
    if as_json:
        show_json(task | {"events": events["items"]})
        return
    show_table(("field", "value"), _fields(task, zone), empty="")
    rows = [(when(event.get("time"), zone), event["type"], _short(event.get("data"))) for event in events["items"]]
    show_table(("at", "event", "details"), rows, empty="Nothing has happened yet.")


@app.command()
def cancel(context: typer.Context, task_id: Id, *, as_json: AsJson = False) -> None:
    """Cancel a task; with an open effect it ends as unknown, since it may have been done."""
    with Client(context.obj) as client:
        answer = client.delete(_path(task_id)) or client.get(_path(task_id))
    _tell(answer, as_json=as_json)


@app.command()
def retry(context: typer.Context, task_id: Id, *, as_json: AsJson = False) -> None:
    """Retry a failed task, under the same id."""
    with Client(context.obj) as client:
        answer = client.post(_path(task_id, "/retry")) or client.get(_path(task_id))
        fallen = [] if as_json else client.post("/api/dead-letters/replay", {"ids": [task_id]})["dependents"]
    _tell(answer, as_json=as_json)
    if fallen:
        replays = f"`callsheet dead-letters replay --dependents {task_id}` replays them, too"
        talk.print(f"{len(fallen)} more failed because of it: {replays}.", markup=False)


@app.command()
def verify(context: typer.Context, task_id: Id, *, as_json: AsJson = False) -> None:
    """Check now whether a task of unknown outcome was done."""
    with Client(context.obj) as client:
        answer = client.post(_path(task_id, "/verify"))
    _tell(answer, as_json=as_json)


@app.command()
def resolve(
    context: typer.Context,
    task_id: Id,
    outcome: Annotated[Outcome, typer.Argument(help="Was it done (confirmed), or was it not (absent)?")],
    *,
    note: Annotated[str, typer.Option(help="How you know; it is kept with the task.")],
    external_id: Annotated[str, typer.Option(help="The platform's id of what was done.")] = "",
    send_again: Annotated[
        bool | None, typer.Option("--send-again/--do-not-send-again", help="With absent: shall it be sent now?")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Resolve a task of unknown outcome; with `absent` you are asked once whether to send it again."""
    with Client(context.obj) as client:
        # A task of known outcome is refused before anybody is asked what to do about it.
        if outcome is Outcome.ABSENT and send_again is None and client.get(_path(task_id))["status"] == "unknown":
            send_again = typer.confirm("Shall it be sent again?", default=False, err=True)
        word = {"outcome": outcome.value, "note": note, "external_id": external_id or None, "send_again": bool(send_again)}
        answer = client.post(_path(task_id, "/resolve"), word)
    _tell(answer, as_json=as_json)


@app.command()
def explain(context: typer.Context, task_id: Id, *, zone: Zone = "", as_json: AsJson = False) -> None:
    """Explain which gates are closed, and when the task may start."""
    with Client(context.obj) as client:
        answer = client.get(_path(task_id, "/explain"))
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            gate["gate"],
            Text("open", "green") if gate["open"] else Text("closed", "yellow"),
            gate.get("reason") or "",
            when(gate.get("until"), zone),
        )
        for gate in answer["gates"]
    ]
    show_table(("gate", "state", "reason", "until"), rows, empty="No gate was asked.")
    unknown = " ".join(("not known:" if answer["status"] in WAITING else "none,", answer["reason"])).strip(" :,") + "."
    said = when(answer.get("expected_start"), zone) or escape_unseen(unknown)
    talk.print(f"Expected start: {said}", markup=False, soft_wrap=True)


def _path(task_id: str, rest: str = "") -> str:
    return f"/api/scheduler/task/{quote(task_id, safe='')}{rest}"


def _tell(task: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(task)
    else:
        talk.print(f"Task {task['id']} is {task['status']}.", markup=False)


def _fields(task: dict[str, Any], zone: str) -> list[tuple[str, object]]:
    shown: dict[str, object] = {name: value for name, value in task.items() if value not in (None, [], {})}
    shown |= {name: when(task[name], zone) for name in TIMES if task.get(name)}
    shown["status"] = state(task["status"])
    if task.get("waiting_for"):
        shown["waiting_for"] = waiting_text(task, zone)
    if task.get("progress"):
        shown["progress"] = how_far(task)
    if task.get("children"):
        counts = {name: n for name, n in task["children"].items() if name != "total" and n}
        shown["children"] = f"{task['children']['total']}: {', '.join(f'{n} {name}' for name, n in counts.items())}"
    return [(name, value if isinstance(value, str | Text) else _short(value)) for name, value in shown.items()]


def _short(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
