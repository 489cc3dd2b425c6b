"""Who leads out of a failover? A person, as the doctor says: has everybody submit again, looks at the platforms, resumes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from cli.checks.server import check_database
from tests.chaos.history import Span
from tests.chaos.house import House
from tests.chaos.load import Load
from tests.chaos.probes import Probes

FINDS_S = 30  # so long it may take until everything is paused
SETTLES_S = 120  # and so long until all that is in doubt is looked for
SHOWS_S = 6  # a call that is over shows what it did so long afterwards
EVERY_S = 0.3
# A client may have sent so long before the copy was made what PostgreSQL took after it.
BEFORE_S = 15
# Of what was stored by then: what is in doubt, or due and not looked for yet. Whatever comes later was never lost.
IN_DOUBT = """
    SELECT count(*) AS n FROM tasks WHERE created_at <= to_timestamp(%(by)s) AND (
        (status = 'unknown' AND doubted_at IS NOT NULL)
        OR (type = 'dm' AND doubted_at IS NULL AND status IN ('pending', 'queued') AND due_at < now()))
"""
LOSSES = "SELECT count(*) AS n FROM database_losses WHERE marked_at IS NOT NULL"
ASKED = f"""
    SELECT t.id::text, t.payload ->> 'text' AS marker FROM tasks t
    WHERE t.status = 'unknown' AND t.doubted_at IS NOT NULL AND t.verify_at IS NULL AND EXISTS (
        SELECT FROM effects e WHERE e.task_id = t.id AND e.outcome = 'unknown'
        AND e.call_deadline < now() - interval '{SHOWS_S} seconds')
"""


@dataclass(frozen=True)
class Copied:
    """When PostgreSQL was copied, and how many losses it knew of then."""

    at: float
    losses: int


class Person:
    """Leads out of failovers, one after the other, and answers what they are asked because of them."""

    def __init__(self, house: House, load: Load, probes: Probes) -> None:
        self._house = house
        self._load = load
        self._probes = probes
        self._stopping = threading.Event()
        self._leading: list[threading.Thread] = []
        self._answering = threading.Thread(target=self._answer_all, daemon=True)
        self.spans: list[Span] = []
        self.troubles: list[str] = []
        headers = {"Authorization": f"Bearer {house.api_key}"}
        self._http = httpx.Client(base_url=house.gateway_url, headers=headers, timeout=10, trust_env=False, verify=False)

    def have_copied(self) -> Copied | None:
        """Have PostgreSQL copied as it is; None where it does not answer, or somebody leads out of a failover."""
        losses = self._count(LOSSES)
        if losses is None or any(thread.is_alive() for thread in self._leading):
            return None
        at = self._house.copy_postgres()
        return None if at is None else Copied(at, losses)

    def lead_out(self, copied: Copied) -> None:
        """Put the copy in the place of the database, and lead out of that in a thread of its own."""
        self._house.put_postgres_back()
        thread = threading.Thread(target=self._lead_out, args=(copied, time.time()), daemon=True)
        self._leading.append(thread)
        thread.start()
        if not self._answering.is_alive():
            self._answering.start()

    def end(self) -> None:
        """Wait until all goes on."""
        for thread in self._leading:
            thread.join()

    def stop(self) -> None:
        """Answer no more."""
        self._stopping.set()

    def _lead_out(self, copied: Copied, back_at: float) -> None:
        if not self._wait(lambda: (self._count(LOSSES) or 0) > copied.losses, FINDS_S):
            self.troubles.append("nobody noticed that PostgreSQL came back from an earlier state")
        if not self._wait(self._is_told, FINDS_S):
            self.troubles.append("the doctor does not say what has happened")
        self._load.submit_again(copied.at - BEFORE_S)
        self._probes.submit_again(copied.at - BEFORE_S)
        by = time.time()
        if self._is_left_in_doubt(by):
            self.troubles.append(f"{self._count(IN_DOUBT, by=by)} tasks are still in doubt")
        if not self._wait(self._is_resumed, FINDS_S):
            self.troubles.append("nothing could be resumed")
        self.spans.append(Span(copied.at, back_at, time.time()))

    def _is_left_in_doubt(self, by: float) -> bool:
        """Whether something stays in doubt: each wait that leaves less of it is followed by another."""
        before = None
        while not self._wait(lambda: self._count(IN_DOUBT, by=by) == 0, SETTLES_S):
            left = self._count(IN_DOUBT, by=by)
            if left is None or (before is not None and left >= before):
                return True
            before = left
        return False

    def _is_told(self) -> bool:
        found = [one for one in check_database(self._house.stack.settings) if one.name == "database state"]
        return bool(found) and found[0].state == "wrong" and "callsheet resume" in found[0].mend

    def _is_resumed(self) -> bool:
        answer = self._http.post("/api/scheduler/resume", json={"scope": "all"})
        return answer.is_success

    def _answer_all(self) -> None:
        while not self._stopping.wait(EVERY_S):
            with suppress(httpx.HTTPError, psycopg.Error):
                self._answer()

    def _answer(self) -> None:
        """Say of what is in doubt, and asks a person, what the platforms show."""
        tasks = self._house.stack.query(ASKED)
        truth = (
            httpx.get(f"{self._house.platforms_url}/_truth", timeout=10, trust_env=False, verify=False).json()
            if tasks
            else []
        )
        stands = {row["text"]: row["id"] for row in truth}
        for task in tasks:
            word = _word(stands.get(task["marker"]))
            self._http.post(f"/api/scheduler/task/{task['id']}/resolve", json=word)

    def _wait(self, there: Callable[[], bool], seconds: float) -> bool:
        """Whether it is there within so many seconds, whatever is down meanwhile."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            with suppress(httpx.HTTPError, psycopg.Error):
                if there():
                    return True
            time.sleep(EVERY_S)
        return False

    def _count(self, statement: str, **values: Any) -> int | None:
        with suppress(psycopg.Error):
            return int(self._house.stack.query(statement, **values)[0]["n"])
        return None


def _word(external_id: str | None) -> dict[str, Any]:
    if external_id is None:
        return {"outcome": "absent", "note": "It is not there.", "send_again": True}
    return {"outcome": "confirmed", "note": "I see it.", "external_id": external_id}
