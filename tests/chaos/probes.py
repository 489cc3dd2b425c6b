"""Is each of many probes done once and only once, and told of without a gap, while everything is struck?

Probes go many to a message (ADR 0045). They are sent in bulk beside the other work, one of each bulk is cancelled at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from tests.chaos.house import House
from tests.chaos.load import AGAIN, PAUSE_S, TIMEOUT_S

IN_BULK = 150
EVERY_S = 1.5
PROBE = {"type": "probe", "payload": {"lane": "system"}, "max_retries": 10}

# A task that is completed has one attempt that did it and one event that says so; another has neither.
_ODD = """
    WITH told AS (
        SELECT one.id, count(*) AS n FROM task_events e
        CROSS JOIN LATERAL unnest(coalesce(e.task_ids, ARRAY[e.task_id])) AS one(id)
        WHERE e.type = 'task.completed' GROUP BY one.id
    ),
    tried AS (SELECT task_id AS id, count(*) AS n FROM attempts WHERE outcome = 'done' GROUP BY task_id)
    SELECT * FROM (
        SELECT t.id::text AS id, t.status, coalesce(tried.n, 0) AS done, coalesce(told.n, 0) AS told,
               CASE t.status WHEN 'completed' THEN 1 WHEN 'cancelled' THEN 0 END AS wanted
        FROM tasks t LEFT JOIN told USING (id) LEFT JOIN tried USING (id) WHERE t.type = 'probe'
    ) p WHERE wanted IS NULL OR done <> wanted OR told <> wanted
"""
_GAPS = """
    SELECT * FROM (
        SELECT workspace_id::text AS workspace, seq, coalesce(cardinality(task_ids), 1) AS n,
               coalesce(lag(seq) OVER (PARTITION BY workspace_id ORDER BY seq), 0) AS before FROM task_events
    ) e WHERE seq - n <> before
"""
_COUNTED = """
    SELECT (SELECT count(*) FROM tasks WHERE type = 'probe') AS probes,
           (SELECT count(*) FROM tasks WHERE type = 'probe' AND status = 'cancelled') AS cancelled,
           (SELECT count(*) FROM attempts a JOIN tasks t ON t.id = a.task_id
            WHERE t.type = 'probe' AND a.outcome = 'lost') AS lost,
           (SELECT count(*) FROM task_events WHERE task_ids IS NOT NULL) AS groups,
           (SELECT count(*) FROM batches) AS batches
"""


@dataclass
class Bulk:
    """Probes that were asked for at once under a key, and what they were answered."""

    at: float
    key: str
    ids: list[str] = field(default_factory=list)


class Probes:
    """Asks for probes as long as there are faults; `submit_again` as whoever has lost the database must."""

    def __init__(self, house: House, seed: int) -> None:
        self._house, self._seed = house, seed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self.bulks: list[Bulk] = []
        self.cancelled: set[str] = set()
        self.refused: list[str] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Ask for no more, and wait until the last is answered."""
        self._stop.set()
        self._thread.join(60)

    def submit_again(self, since: float) -> None:
        """Submit once more, under the same keys, all that was sent since then."""
        with self._client() as http:
            for bulk in list(self.bulks):
                if bulk.at >= since:
                    self._until_answered(http, bulk)

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self._house.api_key}"}
        return httpx.Client(
            base_url=self._house.gateway_url, headers=headers, timeout=TIMEOUT_S, trust_env=False, verify=False
        )

    def _send_all(self) -> None:
        with self._client() as http:
            while not self._stop.wait(EVERY_S):
                bulk = Bulk(time.time(), f"probes-{self._seed}-{len(self.bulks)}")
                self.bulks.append(bulk)
                self._until_answered(http, bulk)
                if bulk.ids:
                    self._cancel(http, bulk.ids[len(bulk.ids) // 2])

    def _until_answered(self, http: httpx.Client, bulk: Bulk) -> None:
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                answer = http.post(
                    "/api/scheduler/tasks", json={"tasks": [PROBE] * IN_BULK}, headers={"Idempotency-Key": bulk.key}
                )
            except httpx.TransportError:
                time.sleep(PAUSE_S)
                continue
            if answer.status_code == httpx.codes.CREATED:
                bulk.ids = answer.json()["ids"]
                return
            if answer.status_code not in AGAIN:
                self.refused.append(f"{answer.status_code} {answer.text[:300]}")
                return
            time.sleep(PAUSE_S)

    def _cancel(self, http: httpx.Client, task: str) -> None:
        self.cancelled.add(task)  # whether it was heard or not
        try:
            http.delete(f"/api/scheduler/task/{task}")
        except httpx.TransportError:
            return

    def counted(self) -> dict[str, int]:
        """How many there were, and how hard they were hit."""
        counted: dict[str, int] = self._house.stack.query(_COUNTED)[0]
        return counted | {"acknowledged": sum(len(bulk.ids) for bulk in self.bulks)}

    def violations(self) -> Iterator[str]:
        """Everything that must never be, once all has settled."""
        yield from self.refused
        query = self._house.stack.query
        known = {row["id"]: row["status"] for row in query("SELECT id::text AS id, status FROM tasks WHERE type = 'probe'")}
        for bulk in self.bulks:
            if missing := [task for task in bulk.ids if task not in known]:
                yield f"lost: {len(missing)} probes of {bulk.key} were acknowledged and are no tasks, as {missing[0]}"
        for task, status in known.items():
            if status == "cancelled" and task not in self.cancelled:
                yield f"lost: probe {task} is cancelled, and nobody has cancelled it"
        for row in query(_ODD):
            yield f"twice: probe {row['id']} is {row['status']}, done {row['done']} times and told {row['told']} times"
        for row in query(_GAPS):
            yield f"lost: event {row['seq']} of {row['workspace']} ({row['n']} tasks) follows {row['before']}"
