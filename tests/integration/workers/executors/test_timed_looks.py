"""Does the timetable have accounts looked at: about daily or as often as they want, one for a lane, and never in a burst?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from shared.db.session import connect
from shared.identity.bootstrap import bootstrap_local
from shared.settings import Settings
from workers.executors import accounts_check, inbox_poll

LANES = ("chromium.local.instagram", "chromium.local.tiktok")


class House:
    """Two connected practice accounts whose lanes are served, and the owner's connection to them."""

    def __init__(self, settings: Settings, owner: psycopg.Connection) -> None:
        self.settings, self.owner = settings, owner

    def query(self, statement: str) -> list[dict]:
        cursor = self.owner.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def slot(self, job: ModuleType) -> int:
        """One run of the job, as a worker does it; how many looks it ordered."""

        async def run() -> int:
            engine = connect(self.settings, "worker", pool_size=1)
            try:
                work: Any = SimpleNamespace(engine=engine)
                [ordered] = (await job.EXECUTOR.perform(work)).model_dump().values()
                return int(ordered)
            finally:
                await engine.dispose()

        return asyncio.run(run())

    def end_all(self, ago: str = "0 s") -> None:
        self.query(
            f"UPDATE tasks SET status = 'cancelled', finished_at = now(); UPDATE tasks SET due_at = now() - interval '{ago}'"
        )


@pytest.fixture
def house(database: Settings) -> Iterator[House]:
    bootstrap_local(database, ["instagram", "sora", "tiktok"])
    address = database.database_url_for("owner").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as owner:
        house = House(database, owner)
        for lane in LANES:
            house.query(
                f"INSERT INTO lanes (name, concurrency) VALUES ('{lane}', 1);"
                " INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
                f" VALUES ('{lane}', 'p', 'h', 1, '1', '{{{lane}}}', 1, now() + interval '1 hour')"
            )
        yield house


def test_each_account_is_checked_about_once_a_day(house: House):
    assert house.slot(accounts_check) == 0  # connected just now
    house.query("UPDATE accounts SET created_at = now() - interval '30 days'")
    assert house.slot(accounts_check) == 2  # nobody serves the lane of the third
    assert house.slot(accounts_check) == 0  # somebody is about to look
    rows = house.query(
        "SELECT type, lane, priority, status, workspace_id = (SELECT min(workspace_id::text)::uuid FROM accounts) AS ours"
        " FROM tasks ORDER BY lane"
    )
    assert [(row["type"], row["lane"], row["priority"], row["status"], row["ours"]) for row in rows] == [
        ("account_check", lane, 5, "pending", True) for lane in LANES
    ]

    # Whatever came of them, and whether or not anything was seen: the next ones come in a day.
    house.end_all()
    assert house.slot(accounts_check) == 0
    house.end_all("21 hours")
    assert house.slot(accounts_check) == 0
    house.end_all("27 hours")
    house.query("UPDATE accounts SET checked_at = now() WHERE platform = 'tiktok'")  # by hand, say
    assert house.slot(accounts_check) == 1


def test_accounts_of_one_lane_are_checked_one_after_the_other(house: House):
    house.query("UPDATE accounts SET created_at = now() - interval '30 days'")
    house.query(
        "INSERT INTO accounts (id, workspace_id, persona_id, platform, handle, transport, host_id, origin, created_at)"
        " SELECT gen_random_uuid(), workspace_id, persona_id, platform, 'n' || n, transport, host_id, origin,"
        " now() - interval '40 days' FROM accounts, generate_series(1, 3) n WHERE platform = 'instagram'"
    )
    assert [house.slot(accounts_check) for _ in range(3)] == [2, 0, 0]
    looked = [house.query("SELECT account_id FROM tasks WHERE lane LIKE '%instagram'")[0]["account_id"]]
    for _ in range(3):
        house.end_all()
        assert house.slot(accounts_check) == 1
        looked.append(house.query("SELECT account_id FROM tasks WHERE status = 'pending'")[0]["account_id"])
    assert len(set(looked)) == 4
    house.end_all()
    assert house.slot(accounts_check) == 0


@pytest.mark.parametrize(
    "held",
    [
        "UPDATE accounts SET state = 'paused'",
        "UPDATE accounts SET state = 'disconnected'",
        "UPDATE accounts SET transport = 'api'",
        "INSERT INTO scopes SELECT workspace_id, 'all', 'system', 'x' FROM accounts LIMIT 1",
        "INSERT INTO scopes SELECT workspace_id, 'platform:' || platform, 'system', 'x' FROM accounts",
        "INSERT INTO scopes SELECT workspace_id, 'account:' || id, 'system', 'x' FROM accounts",
        "INSERT INTO scopes SELECT workspace_id, 'capability:' || platform || ':check', 'connection', 'x' FROM accounts",
        "INSERT INTO scopes VALUES ('00000000-0000-7000-8000-000000000001', 'all', 'kill', 'x')",
    ],
)
def test_nobody_looks_at_what_is_held(house: House, held: str):
    house.query("UPDATE accounts SET created_at = now() - interval '30 days'")
    house.query(held)
    assert house.slot(accounts_check) == 0


def test_an_inbox_is_read_only_where_somebody_asked_for_it_and_as_often(house: House):
    assert house.slot(inbox_poll) == 0
    house.query("UPDATE accounts SET inbox_every_s = 900 WHERE platform <> 'tiktok'")
    assert [house.slot(inbox_poll) for _ in range(2)] == [1, 0]  # Sora has none
    assert house.query("SELECT type, lane FROM tasks") == [{"type": "inbox_sync", "lane": LANES[0]}]
    house.end_all("14 minutes")
    assert house.slot(inbox_poll) == 0
    house.end_all("16 minutes")
    assert house.slot(inbox_poll) == 1
    # One that somebody wants next week is none of these.
    next_week = "now() + interval '7 days'"
    house.query(f"UPDATE tasks SET status = 'scheduled', not_before = {next_week}, due_at = {next_week}"
                " WHERE status = 'pending'")  # fmt: skip
    assert house.slot(inbox_poll) == 1
