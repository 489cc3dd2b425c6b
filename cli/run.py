"""callsheet run: comment on what a search finds, and show the state of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Client
from cli.screen import AsJson, Zone, show_json, show_table, state, talk, when
from cli.submit import Account, Platform, Priority, submit
from cli.times import At, Now, start_at
from shared.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="Comment on what a search finds; list, show, cancel and retry runs.")
RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id.")]
COUNTS = ("likes", "replies", "reposts", "views")


@app.command()
def comments(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Words, or a #hashtag.")],
    *,
    platform: Platform,
    account: Account = "",
    count: Annotated[int, typer.Option(min=1, max=50, help="How many comments at most.")] = 10,
    text: Annotated[list[str], typer.Option(help="What to say; {author} and {query} are filled in. Repeat it.")] = [],  # noqa: B006 - as Typer wants it
    texts: Annotated[Path | None, typer.Option(help="A file with one text a line.", exists=True, dir_okay=False)] = None,
    language: Annotated[list[str], typer.Option(help="Only posts in this language, such as en. Repeat it.")] = [],  # noqa: B006 - as Typer wants it
    max_age_h: Annotated[int, typer.Option(min=0, help="Only posts that are not older than so many hours.")] = 0,
    least: Annotated[list[str], typer.Option("--min", help="Only posts with at least so many, such as likes=10.")] = [],  # noqa: B006 - as Typer wants it
    most: Annotated[list[str], typer.Option("--max", help="Only posts with at most so many, such as replies=50.")] = [],  # noqa: B006 - as Typer wants it
    spacing: Annotated[str, typer.Option(help="Seconds between two comments, such as 60-180; limits hold besides.")] = "",
    at: At = "",
    now: Now = False,
    priority: Priority = 3,
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Search, and comment on the posts that fit, once each."""
    words = [*text, *_lines(texts)]
    if not words:
        raise Invalid(code="texts", field="--text", message="Say what to write: --text, once or more, or --texts FILE.")
    wanted: dict[str, Any] = {"languages": language} | ({"max_age_h": max_age_h} if max_age_h else {})
    payload = {"query": query, "count": count, "texts": words, "wanted": wanted | _bounds(least, most)}
    payload |= {"spacing_s": _spacing(spacing)} if spacing else {}
    order = {"type": "comment_run", "platform": platform, "account": account, "priority": priority, "payload": payload}
    begins = start_at(at, zone, at_once=now)
    submit(context, order | ({"scheduled_for": begins} if begins else {}), zone, as_json=as_json)


@app.command("list")
def list_(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    with Client(context.obj) as client:
        page = client.get("/api/runs", limit=limit, cursor=cursor)
    if as_json:
        show_json(page)
        return
    show_table(COLUMNS, [_row(run, zone) for run in page["items"]], empty="There is no run.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command("show")
def show_run(context: typer.Context, run_id: RunId, *, zone: Zone = "", as_json: AsJson = False) -> None:
    """Show the state of a run: its tasks, what its search found, and what of that was left out."""
    with Client(context.obj) as client:
        run = client.get(f"/api/runs/{run_id}")
        tasks = [client.get(f"/api/scheduler/task/{task}") for task in run["task_ids"]]
    if as_json:
        show_json(run | {"tasks": tasks})
        return
    show_table(COLUMNS, [_row(run, zone)], empty="")
    rows = [
        (
            one["id"],
            one["type"],
            state(one["status"]),
            (one["result"] or {}).get("external_url") or (one["error"] or {}).get("message") or "",
        )
        for one in tasks
    ]
    show_table(("id", "type", "status", "what came of it"), rows, empty="")
    if run["report"]:
        talk.print(_said(run["report"]), markup=False)


@app.command()
def cancel(context: typer.Context, run_id: RunId, *, zone: Zone = "", as_json: AsJson = False) -> None:
    """Cancel the tasks of a run that have not begun, and ask running ones to stop."""
    with Client(context.obj) as client:
        run = client.post(f"/api/runs/{run_id}/cancel")
    if as_json:
        show_json(run)
        return
    show_table(COLUMNS, [_row(run, zone)], empty="")


@app.command()
def retry(
    context: typer.Context,
    run_id: RunId,
    *,
    from_step: Annotated[str, typer.Option(metavar="TASK", help="The task of the run with which to begin.")],
    zone: Zone = "",
    as_json: AsJson = False,
) -> None:
    """Do a task of a run again, and what depends on it, where it has failed or was cancelled."""
    with Client(context.obj) as client:
        run = client.post(f"/api/runs/{run_id}/retry", {"from_step": from_step})
    if as_json:
        show_json(run)
        return
    show_table(COLUMNS, [_row(run, zone)], empty="")


COLUMNS = ("id", "kind", "name", "account", "status", "tasks", "begun", "note")


def _row(run: dict[str, Any], zone: str) -> tuple[object, ...]:
    counts = ", ".join(f"{n} {status}" for status, n in run["counts"].items() if n)
    who = ", ".join(f"{one['platform']}/{one['account']}" for one in run["accounts"])
    note = (run["report"] or {}).get("message", "")
    return (run["id"], run["kind"], run["name"], who, state(run["status"]), counts, when(run["created_at"], zone), note)


def _said(report: dict[str, Any]) -> str:
    if report["message"]:
        return str(report["message"])
    left_out = ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in sorted(report["skipped"].items()))
    whole = "" if report["complete"] else " before time ended it"
    return f"The search found {report['found']} posts{whole}; left out: {left_out or 'none'}."


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(code="texts", field="--texts", message=f"{file} cannot be read as text: {error}") from error


def _bounds(least: list[str], most: list[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for end, said in (("min", least), ("max", most)):
        for one in said:
            name, _, number = one.partition("=")
            if name not in COUNTS or not number.isascii() or not number.isdigit():
                known = ", ".join(COUNTS)
                raise Invalid(
                    code="count", field=f"--{end}", message=f"--{end}: write one of {known} and a number: likes=10."
                )
            found.setdefault(name, {})[end] = int(number)
    return found


def _spacing(said: str) -> list[float]:
    least, _, most = said.partition("-")
    try:
        return [float(least), float(most or least)]
    except ValueError as error:
        raise Invalid(code="spacing", field="--spacing", message="Write seconds such as 60-180.") from error
