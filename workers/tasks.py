"""Which Celery tasks are there? One for each task type, with its name, which Flower shows.

Workers load this module (`--app workers.tasks`); the dispatcher and Flower need the names alone and load `workers.app`.
"""

from __future__ import annotations

from typing import Any

from celery import Task
from celery.worker.request import Request

from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import AnySpec
from workers.app import app, process_settings
from workers.attempts import child_process, presence, process, shutdown
from workers.attempts.attempt import run_message
from workers.attempts.free_slot import release_place

BACKSTOP_S = 15  # how much later than a type's own time-out the hard limit takes effect, in seconds


class EngineRequest(Request):  # type: ignore[misc]  # Celery ships no types
    """A request whose parent process notices when its child died with open attempts."""

    def acknowledge(self) -> None:
        """Acknowledge the message, and free its slot even where Redis could not be told."""
        super().acknowledge()
        release_place(self.message)

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:  # noqa: FBT001, FBT002 - Celery's signature
        """Close the dead child's attempts at once, then let Celery record the failure.

        A child's own reports come with `return_ok`; without it the child is gone, and the parent reports.
        """
        if self.worker_pid and not return_ok:
            presence.close_attempts_of(process_settings(), self.worker_pid)
        return super().on_failure(exc_info, send_failed_event=send_failed_event, return_ok=return_ok)

    def on_timeout(self, soft: bool, timeout: float) -> Any:  # noqa: FBT001 - Celery's signature
        """Close the attempts of a child that the hard limit killed."""
        answer = super().on_timeout(soft, timeout)
        if self.worker_pid and not soft:
            presence.close_attempts_of(process_settings(), self.worker_pid)
        return answer


class EngineTask(Task):  # type: ignore[misc]  # Celery ships no types
    """A Celery task that stands for a task type: its messages carry ids and release numbers only."""

    Request = EngineRequest


def _register(spec: AnySpec, name: str) -> None:
    @app.task(name=name, base=EngineTask, time_limit=spec.timeout_s + BACKSTOP_S)  # type: ignore[untyped-decorator]  # Celery ships no types
    def run(message: dict[str, Any]) -> None:
        process.current().run(run_message(process.current(), spec, message))


for type_name, type_spec in TASK_TYPES.items():
    _register(type_spec, type_name)


child_process.connect_signals()
presence.connect_signals(process_settings)
process.connect_signals(process_settings)
shutdown.connect_signals()

__all__ = ["app"]
