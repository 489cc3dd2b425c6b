"""Is a lane that nobody serves reported, to whose tasks wait on it, once, and its end too?"""

from __future__ import annotations

from shared.db.session import connect
from tests.support.gateway import Gateway
from workers.dispatch.reconcile import Repairs


async def no_fence(_connection) -> None:
    """This test leads."""


def reported(gateway: Gateway) -> list[tuple[str, str]]:
    rows = gateway.query("SELECT type, data ->> 'lane' AS lane FROM task_events WHERE type LIKE 'lane.%%' ORDER BY seq")
    return [(row["type"], row["lane"]) for row in rows]


async def test_a_lane_without_a_worker_is_reported_once_and_so_is_its_return(gateway: Gateway):
    patient = gateway.settings.model_copy(update={"lane_unserved_s": 3600})
    hasty = gateway.settings.model_copy(update={"lane_unserved_s": 0.001})
    for _ in range(3):
        gateway.submit()
    engine = connect(gateway.settings, "dispatcher")
    for settings, expected in (
        (patient, []),
        (hasty, [("lane.unserved", "system")]),
        (hasty, [("lane.unserved", "system")]),
    ):
        await Repairs(engine, settings, no_fence).run()
        assert reported(gateway) == expected
    gateway.query(
        "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
        " VALUES ('w', 'system', 'h', 1, '1', '{system}', 1, now() + interval '1 hour')"
    )
    for _ in range(2):
        await Repairs(engine, hasty, no_fence).run()
    assert reported(gateway) == [("lane.unserved", "system"), ("lane.served", "system")]
    assert gateway.query("SELECT * FROM unserved_lanes") == []
    gateway.query("DELETE FROM workers")
    await Repairs(engine, patient, no_fence).run()
    await engine.dispose()
    assert len(reported(gateway)) == 2


async def test_a_lane_on_which_nothing_waits_is_not_reported(gateway: Gateway):
    engine = connect(gateway.settings, "dispatcher")
    settings = gateway.settings.model_copy(update={"lane_unserved_s": 0.001})
    for _ in range(2):
        await Repairs(engine, settings, no_fence).run()
    await engine.dispose()
    assert reported(gateway) == []
