"""How does the command line wait for a task that it has ordered?"""

from __future__ import annotations

from typing import Any

from cli.client import Client
from cli.local.wait import wait_for

FINISHED = {"completed", "failed", "cancelled", "unknown"}
LONGEST_S = 120.0
STEP_S = 0.3


def finish(client: Client, task: dict[str, Any]) -> dict[str, Any]:
    """The task once it has finished; as it stands after two minutes otherwise."""
    found = task

    def look() -> bool:
        nonlocal found
        found = client.get(f"/api/scheduler/task/{task['id']}")
        return found["status"] in FINISHED

    wait_for(look, seconds=LONGEST_S, step=STEP_S)
    return found
