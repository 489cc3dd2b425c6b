"""What does the doctor say of lanes, while something holds them that is no fault?"""

from __future__ import annotations

import pytest

from cli.checks import scheduler
from cli.checks.finding import Finding
from cli.local.secret import write_json
from tests.support.gateway import Gateway


@pytest.fixture
def served(gateway: Gateway) -> Gateway:
    """One lane has a worker, and this home knows the gateway."""
    write_json(gateway.settings.home / "credentials.json", {"url": gateway.url, "api_key": gateway.api_key})
    gateway.query("INSERT INTO lanes (name, concurrency) VALUES ('system', 1)")
    gateway.query(
        "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
        " VALUES ('w', 'p', 'h', 1, '1', '{system}', 1, now() + interval '1 hour')"
    )
    return gateway


def lane_of(gateway: Gateway) -> Finding:
    return next(found for found in scheduler.check_scheduler(gateway.settings) if found.name == "lane system")


@pytest.mark.parametrize("scope", ["all", "lane:system"])
def test_a_lane_that_is_paused_is_said_to_be_so_and_sent_no_probe(served: Gateway, scope: str):
    served.post("/api/scheduler/pause", {"scope": scope}).raise_for_status()

    found = lane_of(served)

    assert (found.state, found.mend) == ("warn", f"`callsheet resume {scope}` lets it go on.")
    assert found.what.startswith("is paused: ")
    assert served.query("SELECT 1 FROM tasks") == []


def test_a_probe_that_a_pause_has_overtaken_is_not_looked_for_in_a_log(served: Gateway, monkeypatch):
    monkeypatch.setattr(scheduler, "PROBE_S", 0.0)
    send = scheduler.Client.post

    def pause_then_send(client: scheduler.Client, path: str, body: object = None, *, key: str = "") -> object:
        served.post("/api/scheduler/pause", {"scope": "all"}).raise_for_status()
        return send(client, path, body, key=key)

    monkeypatch.setattr(scheduler.Client, "post", pause_then_send)
    found = lane_of(served)

    assert (found.state, found.mend) == ("wrong", "`callsheet resume` lets it go on.")
    assert "system: " in found.what


def test_a_probe_that_nobody_takes_is_looked_for_in_the_log_of_its_pool(served: Gateway, monkeypatch):
    monkeypatch.setattr(scheduler, "PROBE_S", 0.0)
    found = lane_of(served)
    assert (found.state, "logs/pool-" in found.mend) == ("wrong", True)


def test_a_kill_switch_that_is_on_is_said_by_the_status_and_the_doctor(served: Gateway, monkeypatch):
    monkeypatch.setattr(scheduler, "PROBE_S", 0.0)
    assert served.http.get("/api/scheduler/status").json()["kill_switch"] == {"on": False, "reason": None}
    served.post("/api/system/kill-switch", {"on": True}).raise_for_status()

    said = served.http.get("/api/scheduler/status").json()["kill_switch"]
    [found] = [one for one in scheduler.check_scheduler(served.settings) if one.name == "kill switch"]

    assert said == {"on": True, "reason": "the kill switch was turned on by local owner"}
    assert (found.state, found.what) == ("warn", f"nothing outward begins: {said['reason']}")
    assert "/api/system/kill-switch" in found.mend
