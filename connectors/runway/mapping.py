"""How are Runway's formats and states translated into ours?"""

from __future__ import annotations

from typing import Any

from connectors.contract.film import Stage
from shared.errors import Transient

RATIOS = {"9:16": "720:1280", "16:9": "1280:720"}
REJECTED = ("SAFETY.", "INPUT_PREPROCESSING.SAFETY.")


def stage_of(task: dict[str, Any]) -> Stage:
    """Return how far a task of Runway's is.

    Raises:
        Transient: its state is not known.
    """
    match task.get("status"):
        case "PENDING":
            return Stage("queued")
        case "THROTTLED":
            return Stage("queued", held=True)
        case "RUNNING":
            progress = task.get("progress")
            return Stage("processing", int(100 * progress) if isinstance(progress, int | float) else None)
        case "SUCCEEDED":
            return Stage("ready", 100)
        case "FAILED":
            code = str(task.get("failureCode", ""))
            ours = "text_refused" if code.startswith(REJECTED) else "generation_failed"
            said = str(task.get("failure", "it failed, without a reason"))
            return Stage("failed", code=ours, message=f"Runway says: {said[:300]}")
        case "CANCELLED":
            return Stage("failed", code="cancelled", message="The task was cancelled at Runway.")
        case other:
            raise Transient(
                code="site_error", message=f"Runway says that the task is {str(other)[:40]!r}, which is not known."
            )


def file_in(task: dict[str, Any]) -> str:
    """Return the address of a finished task's film, which expires within a day or two.

    Raises:
        Transient: there is none now.
    """
    output = task.get("output")
    if task.get("status") != "SUCCEEDED" or not isinstance(output, list) or not output or not isinstance(output[0], str):
        raise Transient(code="download_failed", message="Runway names no file of the task now.")
    return output[0]
