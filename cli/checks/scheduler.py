"""Do gateway, dispatcher and every lane's workers work? Each lane proves it with a task of its own."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import Any

from cli.checks.finding import Finding, wrong
from cli.client import Client
from shared.errors import CallsheetError
from shared.settings import Settings

PROBE_S = 10.0
STEP_S = 0.1
LAG_MS = 5000


def check_scheduler(settings: Settings) -> list[Finding]:
    """Check the gateway and, where it answers, the dispatcher and the lanes."""
    try:
        with Client(settings) as client:
            status = client.get("/api/scheduler/status")
            return [
                Finding("gateway", "ok", client.url),
                _dispatcher(status.get("dispatcher") or {}),
                *_kill_switch(status["kill_switch"]),
                *_lanes(client, status.get("lanes") or [], is_paused=status.get("state") == "paused"),
            ]
    except CallsheetError as error:
        return [wrong("gateway", error, "Start it with `callsheet up`; its log is logs/gateway.log in the home.")]


def _dispatcher(found: dict[str, Any]) -> Finding:
    mend = "`callsheet down` and `callsheet up` start it; its log is logs/beat.log in the home."
    if not found.get("leader"):
        return Finding("dispatcher", "wrong", "nobody leads, so nothing is released", mend)
    lag = found.get("lag_ms") or 0
    if lag > LAG_MS:
        return Finding("dispatcher", "wrong", f"{found['leader']} leads, but its last tick is {lag:.0f} ms ago", mend)
    return Finding("dispatcher", "ok", f"{found['leader']} leads")


def _kill_switch(found: dict[str, Any]) -> list[Finding]:
    """Report the kill switch while it is on. Probes run all the same: it holds only what is outward."""
    if not found["on"]:
        return []
    mend = 'Turn it off when nothing is the matter any more: POST /api/system/kill-switch with {"on": false}.'
    return [Finding("kill switch", "warn", f"nothing outward begins: {found['reason']}", mend)]


def _lanes(client: Client, lanes: list[dict[str, Any]], *, is_paused: bool) -> list[Finding]:
    """Send a probe to every lane that works, all at once, and wait for each; say why the other lanes do not work."""
    findings: dict[str, Finding] = {}
    sent: dict[str, str] = {}
    for lane in lanes:
        name = lane["name"]
        if not lane["workers"]:
            findings[name] = Finding(
                f"lane {name}",
                "wrong",
                "has no worker",
                "`callsheet worker` lists the pools, `callsheet worker POOL` starts one.",
            )
            continue
        if lane["state"] == "paused":
            mend = f"`callsheet resume {'all' if is_paused else f'lane:{name}'}` lets it go on."
            findings[name] = Finding(f"lane {name}", "warn", f"is paused: {lane['reason']}", mend)
            continue
        if lane["state"] == "resting":
            findings[name] = Finding(f"lane {name}", "ok", f"is there and rests: {lane['reason']}")
            continue
        try:
            sent[name] = client.post("/api/scheduler/task", _probe(name), key=f"doctor-{uuid.uuid4()}")["id"]
        except CallsheetError as error:
            findings[name] = wrong(f"lane {name}", error)
    findings |= _await_probes(client, sent)
    return [findings[lane["name"]] for lane in lanes]


def _probe(lane: str) -> dict[str, Any]:
    return {"type": "probe", "priority": 1, "max_retries": 0, "payload": {"lane": lane}}


def _await_probes(client: Client, sent: dict[str, str]) -> dict[str, Finding]:
    begun = time.monotonic()
    findings: dict[str, Finding] = {}
    while len(findings) < len(sent):
        for lane, task_id in sent.items():
            if lane in findings:
                continue
            task = client.get(f"/api/scheduler/task/{task_id}")
            if task["status"] == "completed":
                findings[lane] = Finding(f"lane {lane}", "ok", f"a probe took {time.monotonic() - begun:.1f} s")
            elif task["status"] in {"failed", "cancelled", "unknown"} or time.monotonic() - begun > PROBE_S:
                findings[lane] = _stuck(client, lane, task)
        time.sleep(STEP_S)
    return findings


def _stuck(client: Client, lane: str, task: dict[str, Any]) -> Finding:
    """Say what held the probe up, and cancel it."""
    with suppress(CallsheetError):
        client.delete(f"/api/scheduler/task/{task['id']}")
    reasons = [f"{gate['gate']}: {gate['reason']}" for gate in task.get("waiting_for") or []]
    said = (task.get("error") or {}).get("message") or "; ".join(reasons) or "no reason given"
    is_held = any(gate["gate"] == "system" for gate in task.get("waiting_for") or [])
    mend = "`callsheet resume` lets it go on." if is_held else "Look into the log of its pool, logs/pool-*.log in the home."
    return Finding(f"lane {lane}", "wrong", f"a probe is {task['status']} after {PROBE_S:.0f} s: {said}", mend)
