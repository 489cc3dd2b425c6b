"""When is an unknown outcome looked at again?"""

from __future__ import annotations

from shared.errors import OutcomeUnknown
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import look_at, work_on, worker

NEXT_LOOK = "SELECT extract(epoch FROM verify_at - clock_timestamp())::float8 AS wait_s FROM tasks"


def test_a_failed_look_is_soon_repeated_however_often_the_task_was_tried_before(gateway: Gateway, calling: Calling):
    def no_answer() -> None:
        raise OutcomeUnknown(message="no answer")

    calling.during = no_answer
    task = gateway.submit(comment(gateway.settings))
    gateway.query("UPDATE tasks SET release_seq = 20")

    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        assert work_on(gateway, process, task["id"]) == "unknown"
        waits = []
        for _ in range(3):
            assert look_at(gateway, process, task["id"]) == "unknown"
            waits.append(round(gateway.query(NEXT_LOOK)[0]["wait_s"]))

    assert waits == [2, 4, 8]
