"""How does the command line wait for a task that it has submitted?"""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar

from cli.client import Client
from cli.local.wait import wait_for
from cli.screen import escape_unseen, how_far, talk

FINISHED = {"completed", "failed", "cancelled", "unknown"}
LONGEST_S = 120.0
STEP_S = 0.3


def finish(client: Client, task: dict[str, Any]) -> dict[str, Any]:
    """Return the task once it has finished, or as it is after two minutes. A bar shows its progress, if known."""
    found = task
    with Bar(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), console=talk, transient=True) as bar:
        line = bar.add_task("", total=None, visible=False)

        def look() -> bool:
            nonlocal found
            found = client.get(f"/api/scheduler/task/{task['id']}")
            if said := found.get("progress"):
                far = escape(escape_unseen(how_far(found)))
                bar.update(line, description=far, completed=said["done"], total=said["total"], visible=True)
            return found["status"] in FINISHED

        wait_for(look, seconds=LONGEST_S, step=STEP_S)
    return found
