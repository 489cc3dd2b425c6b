"""Does a reader of the event stream see every change, once and in order?"""

from __future__ import annotations

import json
import re
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.events import EventType
from tests.support.gateway import Gateway, comment, new_workspace


def test_no_event_is_missed_while_many_write_at_once(gateway: Gateway):
    with ThreadPoolExecutor(9) as pool:
        reading = pool.submit(lambda: [e for _, e in zip(range(200), gateway.events(after=0), strict=False)])
        list(pool.map(lambda _: gateway.submit(), range(200)))
        seen = reading.result(20)
    assert [event["seq"] for event in seen] == list(range(1, 201))
    assert len({event["subject"] for event in seen}) == 200


def cut_off_after(gateway: Gateway, last: int, bytes_read: int) -> list[dict]:
    """Events of the frames that came whole before the connection was reset."""
    with socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=20) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing sends a reset
        line.sendall(
            f"GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.api_key}\r\n"
            f"Last-Event-ID: {last}\r\n\r\n".encode()
        )
        came = b""
        while len(came) < bytes_read and (piece := line.recv(min(4096, bytes_read - len(came)))):
            came += piece
    return [json.loads(data) for data in re.findall(rb"id: \d+\nevent: [^\n]+\ndata: ([^\n]+)\n\n", came)]


def test_a_reader_that_is_cut_off_again_and_again_has_seen_every_event_once(gateway: Gateway):
    seen: list[dict] = []
    cut = 0
    with ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(gateway.submit) for _ in range(120)]
        while len(seen) < 100:
            # Cut at another place of a frame each time; the answer's head alone is about 800 bytes.
            seen += cut_off_after(gateway, seen[-1]["seq"] if seen else 0, 3000 + 37 * cut)
            cut += 1
        assert all(one.result() for one in writing)
    last = seen[-1]["seq"]
    seen += [event for _, event in zip(range(120 - last), gateway.events(after=last), strict=False)]
    assert cut > 5
    assert [event["seq"] for event in seen] == list(range(1, 121))
    assert len({event["subject"] for event in seen}) == 120


def test_an_event_says_what_happened_to_what(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    event = next(gateway.events(after=0))
    assert event.keys() == {"id", "seq", "type", "time", "subject", "data"}
    assert (event["type"], event["subject"]) == ("task.pending", task["id"])
    assert event["data"]["platform"] == "instagram"
    assert event["type"] in EventType.__args__


def test_a_stream_begins_with_what_happens_from_now_on(gateway: Gateway):
    gateway.submit()
    with gateway.http.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 1000"
        later = gateway.submit(priority=5)
        data = next(line for line in lines if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["subject"] == later["id"]


def test_a_client_goes_on_after_the_last_event_it_saw(gateway: Gateway):
    tasks = [gateway.submit() for _ in range(3)]
    with gateway.http.stream("GET", "/api/events?after=0", headers={"Last-Event-ID": "2"}) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        text = next(line for line in answer.iter_lines() if line.startswith("data: "))
    assert json.loads(text.removeprefix("data: "))["subject"] == tasks[2]["id"]


def test_a_client_chooses_types(gateway: Gateway):
    task = gateway.submit()
    gateway.http.delete(f"/api/scheduler/task/{task['id']}")
    assert next(gateway.events(after=0, types="task.cancelled"))["seq"] == 2
    assert gateway.http.get("/api/events?types=task.nothing").status_code == 422


def test_another_workspaces_events_are_not_seen(gateway: Gateway):
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read", "submit")))
    gateway.submit()
    own = theirs.post("/api/scheduler/task", json={"type": "probe", "payload": {"lane": "system"}}).json()
    with theirs.stream("GET", "/api/events?after=0") as answer:
        text = next(line for line in answer.iter_lines() if line.startswith("data: "))
    event = json.loads(text.removeprefix("data: "))
    assert (event["seq"], event["subject"]) == (1, own["id"])


def test_a_lost_listener_comes_back_and_nothing_is_missed(gateway: Gateway):
    with gateway.http.stream("GET", "/api/events?after=0", timeout=20) as answer:
        lines = answer.iter_lines()
        next(lines)
        gateway.end_sessions("events")
        task = gateway.submit()
        data = next(line for line in lines if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["subject"] == task["id"]


def test_a_tasks_own_events_are_listed_page_by_page(gateway: Gateway):
    task = gateway.submit()
    for priority in (1, 2, 3):
        gateway.http.patch(f"/api/scheduler/task/{task['id']}", json={"priority": priority})
    path, seen, cursor = f"/api/scheduler/task/{task['id']}/events?limit=3", [], ""
    while cursor is not None:
        page = gateway.http.get(path + (f"&cursor={cursor}" if cursor else "")).json()
        seen += [event["seq"] for event in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [1, 2, 3, 4]


@pytest.mark.parametrize("beyond", [1, 99_999_999, 2**62])
def test_a_number_beyond_the_newest_event_is_answered_with_the_newest(gateway: Gateway, beyond: int):
    gateway.submit()
    (newest,) = (row["seq"] for row in gateway.query("SELECT seq FROM event_counters WHERE seq > 0"))
    for query, headers in (({"after": newest + beyond}, {}), ({}, {"Last-Event-ID": str(newest + beyond)})):
        answer = gateway.http.get("/api/events", params=query, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (410, "no_such_event")
        assert f"the newest is {newest}" in answer.json()["detail"]
    with gateway.http.stream("GET", "/api/events", params={"after": newest}) as stream:
        assert stream.status_code == 200  # the newest itself is there
