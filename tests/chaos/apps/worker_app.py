"""The real Celery app over the test platforms, started as `celery --app tests.chaos.apps.worker_app`."""

from __future__ import annotations

from tests.chaos import plug  # isort: skip - first: the registry is read once
from tests.chaos.writing import ApiSessions
from workers.attempts import process
from workers.tasks import app


class ChaosProcess(process.WorkerProcess):
    """A worker process that also drives the transport `api`."""

    def __init__(self, settings) -> None:
        super().__init__(settings)
        self.sessions["api"] = ApiSessions()


process.WorkerProcess = ChaosProcess

__all__ = ["app", "plug"]
