"""The Celery app with the types of `chain`: test code around the real one (`celery --app tests.support.chain_app`)."""

from __future__ import annotations

from shared.task_types.registry import TASK_TYPES
from tests.support.chain import register
from workers.executors.registry import EXECUTORS

register(TASK_TYPES, EXECUTORS)

from workers.tasks import app  # noqa: E402 - it makes a Celery task of each type that is known by then

__all__ = ["app"]
