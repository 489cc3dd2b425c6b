"""callsheet demo: show what Callsheet does, in one run on the practice sites, with proof."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.client import Client
from cli.local.address import gateway_url, sandbox_url
from cli.local.supervision.process import supervisor_of
from cli.screen import AsJson, data, show_json, state, talk, waiting_text
from cli.up import start_all, stopping_on_signal
from shared.errors import ActionRequired, NotConfigured, Transient
from shared.settings import Settings

FINAL = {"completed", "failed", "unknown", "cancelled"}
PATIENCE_S = 120.0
# After waiting this long with the same words nothing will change for the demo; workers and slots come by themselves.
HELD_S = 10.0
SOON_OPEN = {"lane", "fairness", "time"}
STEP_S = 0.15


@dataclass
class Job:
    """One task of the demo, and its result."""

    body: dict[str, Any]
    task: dict[str, Any] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)
    seconds: float = 0.0
    found: int | None = None
    held: str = ""
    held_since: float = 0.0

    @property
    def name(self) -> str:
        """Return what it does, and where."""
        return f"{self.body['type']} on {self.body['platform']}"

    @property
    def is_over(self) -> bool:
        """Return whether nothing more will happen to it by itself."""
        return self.task.get("status") in FINAL

    @property
    def waits(self) -> str:
        """Return what holds it, in the task's own words; "" where nothing does that lasts."""
        gates = self.task.get("waiting_for") or []
        return "" if self.is_over or {gate["gate"] for gate in gates} <= SOON_OPEN else waiting_text(self.task)

    def note_wait(self, now: float) -> None:
        """Record since when the same words hold it (seconds, monotonic)."""
        if self.waits != self.held:
            self.held, self.held_since = self.waits, now

    def is_held(self, now: float) -> bool:
        """Return whether the demo would wait in vain for it."""
        soon = datetime.now(UTC) + timedelta(seconds=PATIENCE_S)
        until = [gate.get("until") for gate in self.task.get("waiting_for") or []]
        opens = bool(until) and all(instant and datetime.fromisoformat(instant) < soon for instant in until)
        return bool(self.held) and not opens and now - self.held_since >= HELD_S

    @property
    def is_proven(self) -> bool:
        """Return whether it is done with all its proof, and on the practice site exactly once."""
        result = self.task.get("result") or {}
        proof = all(result.get(part) for part in ("external_id", "external_url", "proof"))
        return self.task.get("status") == "completed" and proof and self.found == 1


def demo(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Start everything, comment and send a message on the practice sites, and show the proof. Leaves it running."""
    settings: Settings = context.obj
    if supervisor_of(settings.home):
        talk.print("Callsheet runs already.")
    else:
        with stopping_on_signal():
            start_all(settings)
    marker = f"demo {secrets.token_hex(4)}"
    with (
        httpx.Client(base_url=sandbox_url(settings), timeout=10, trust_env=False) as sandbox,
        Client(settings) as client,
    ):
        jobs = make_jobs(sandbox, marker)
        submit(client, jobs)
        follow(client, jobs)
        count(sandbox, jobs, marker)
        show_jobs(client, jobs, as_json=as_json)
        talk.print(f"Live page  {gateway_url(settings)}/#key={client.api_key}", markup=False, soft_wrap=True)
        talk.print("It keeps running; `callsheet down` (or make down) stops it.")
    tell_outcome(jobs)


def tell_outcome(jobs: list[Job]) -> None:
    """Say why not everything is done, where it is not.

    Raises:
        ActionRequired: a task is held by the home's own limits or by a person; or one has failed.
    """
    if waiting := [job for job in jobs if job.waits]:
        said = "; ".join(f"{job.name} waits ({' '.join(job.waits.split())})" for job in waiting)
        ids = " ".join(job.task["id"] for job in waiting)
        message = f"{said}. It goes out by itself when that opens; `callsheet task cancel` takes it back: {ids}."
        raise ActionRequired(code="demo_waits", message=message)
    if not all(job.is_proven for job in jobs):
        raise ActionRequired(code="demo_failed", message="Not everything was done exactly once; see `callsheet doctor`.")


def make_jobs(sandbox: httpx.Client, marker: str) -> list[Job]:
    """Return a comment under a practice post and a message to a practice person, both with the marker in the text.

    Raises:
        Transient: the practice sites do not answer.
        NotConfigured: they have nothing to comment on.
    """
    posts = _ask(sandbox, "/_truth/posts", platform="instagram")
    people = [person["handle"] for person in _ask(sandbox, "/_truth/people", platform="tiktok")]
    people = [handle for handle in people if handle != "demo"]
    if not posts or not people:
        raise NotConfigured(setting="CALLSHEET_SANDBOX_PORT", message="The practice sites hold no posts or no people.")
    comment = {"post_url": posts[0]["url"], "text": f"What a light in this one. ({marker})"}
    message = {"to": people[0], "text": f"Thank you for the clip. ({marker})"}
    return [
        Job({"type": "comment", "platform": "instagram", "account": "demo", "payload": comment}),
        Job({"type": "dm", "platform": "tiktok", "account": "demo", "payload": message}),
    ]


def submit(client: Client, jobs: list[Job]) -> None:
    """Submit the tasks, each under a key of its own, so that a repeated request does not repeat the task."""
    for job in jobs:
        job.task = client.post("/api/scheduler/task", job.body, key=f"demo-{secrets.token_hex(12)}")
        job.states.append(job.task["status"])


def follow(client: Client, jobs: list[Job]) -> None:
    """Show how the states change until all are over or held for long, two minutes at most."""
    begun = now = time.monotonic()
    with Live(_progress(jobs), console=talk, auto_refresh=False) as live:
        while not all(job.is_over or job.is_held(now) for job in jobs) and now - begun < PATIENCE_S:
            time.sleep(STEP_S)
            now = time.monotonic()
            for job in jobs:
                if not job.is_over:
                    job.task = client.get(f"/api/scheduler/task/{job.task['id']}")
                    job.seconds = now - begun
                    job.note_wait(now)
                if job.task["status"] not in job.states[-1:]:
                    job.states.append(job.task["status"])
            live.update(_progress(jobs), refresh=True)


def count(sandbox: httpx.Client, jobs: list[Job], marker: str) -> None:
    """Ask the practice sites themselves how often each text arrived."""
    effects = _ask(sandbox, "/_truth/effects", marker=marker)
    for job in jobs:
        same = (job.body["platform"], job.body["type"], job.body["payload"]["text"])
        job.found = sum((effect["platform"], effect["kind"], effect["text"]) == same for effect in effects)


def show_jobs(client: Client, jobs: list[Job], *, as_json: bool) -> None:
    """Show what was done, with its proof."""
    if as_json:
        show_json([{"task": job.task, "seconds": round(job.seconds, 2), "found": job.found} for job in jobs])
        return
    for job in jobs:
        result = job.task.get("result") or {}
        table = Table(title=Text(job.name, "bold"), title_justify="left", show_header=False, box=None)
        lines = {
            "task": job.task["id"],
            "state": state(job.task["status"]),
            "external id": result.get("external_id") or "none",
            "external url": result.get("external_url") or "none",
            "proof": _proof_url(client, result.get("proof")),
            "seconds": f"{job.seconds:.1f}",
            "truth log": _verdict(job),
        }
        if job.waits:
            lines["waits for"] = job.waits
        if job.task.get("error"):
            lines["error"] = job.task["error"]["message"]
        for name, value in lines.items():
            table.add_row(name, value if isinstance(value, Text) else Text(str(value), overflow="fold"))
        data.print(table)


def _verdict(job: Job) -> Text:
    if job.waits and not job.found:
        return Text("not there yet", "yellow")
    return Text("there exactly once", "green") if job.found == 1 else Text(f"there {job.found} times", "red")


def _proof_url(client: Client, proof: dict[str, str] | None) -> str:
    """Return the address of the screenshot; it needs the API key."""
    return client.url + proof["url"] if proof else "none"


def _progress(jobs: list[Job]) -> Table:
    table = Table(show_header=False, box=None)
    for job in jobs:
        path = Text(" → ").join(state(word) for word in job.states)
        table.add_row(job.name, f"{job.seconds:5.1f} s", path, Text(job.waits, "yellow"))
    return table


def _ask(sandbox: httpx.Client, path: str, **query: str) -> list[dict[str, Any]]:
    try:
        answer = sandbox.get(path, params=query)
    except httpx.TransportError as error:
        raise Transient(
            code="no_sandbox",
            message=f"The practice sites at {sandbox.base_url} do not answer. `callsheet up` starts them.",
        ) from error
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found
