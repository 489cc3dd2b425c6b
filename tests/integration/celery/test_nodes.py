"""Do tasks survive the death of Celery's own parts? On pytest-celery's set-up, with its nodes killed and restarted."""

from __future__ import annotations

import pytest
from pytest_celery import CeleryTestSetup

from tests.support import work
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def probes(stack: Stack, count: int) -> list:
    workspace = stack.query("SELECT id FROM workspaces WHERE name = 'local'")[0]["id"]
    return work.submit(
        stack, [work.row(None, "probe", {"lane": "system"}, "system", workspace_id=workspace) for _ in range(count)]
    )


def until_completed(stack: Stack, ids: list) -> None:
    wait_for("all probes are completed", lambda: work.statuses(stack, ids) == {"completed": len(ids)})


def test_tasks_are_named_by_their_type_in_the_workers_log(celery_setup: CeleryTestSetup, stack: Stack):
    until_completed(stack, probes(stack, 1))

    celery_setup.worker.wait_for_log("Task probe[")


def test_a_worker_that_was_killed_is_followed_by_another_and_nothing_is_lost(celery_setup: CeleryTestSetup, stack: Stack):
    until_completed(stack, probes(stack, 1))
    celery_setup.worker.kill()
    ids = probes(stack, 20)

    celery_setup.worker.restart()

    until_completed(stack, ids)


def test_a_broker_that_was_killed_with_all_its_messages_loses_no_task(celery_setup: CeleryTestSetup, stack: Stack):
    until_completed(stack, probes(stack, 1))
    celery_setup.broker.kill()
    ids = probes(stack, 20)

    celery_setup.broker.restart()

    until_completed(stack, ids)
