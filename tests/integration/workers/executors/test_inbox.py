"""Is what others wrote kept once, and is somebody who asks for it left alone in the same moment?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from psycopg.rows import dict_row

from shared.accounts.acting import ActingAccount
from shared.db.session import connect
from shared.identity.bootstrap import bootstrap_local
from shared.inbox.known import known_ids
from shared.inbox.receive import Incoming, Received, receive
from shared.settings import Settings


class Inbox:
    """An account's interactions, and the owner's connection to them."""

    def __init__(self, settings: Settings, owner: psycopg.Connection) -> None:
        self.settings, self.owner = settings, owner
        row = self.query("SELECT * FROM accounts")[0]
        self.account = ActingAccount(row["id"], row["workspace_id"], row["platform"], row["handle"])

    def query(self, statement: str) -> list[dict]:
        return self.owner.execute(statement).fetchall()

    def receive(self, *incoming: Incoming) -> Received:
        return asyncio.run(self._receive(incoming))

    async def _receive(self, incoming: Sequence[Incoming]) -> Received:
        engine = connect(self.settings, "worker", pool_size=2)
        try:
            return await receive(engine=engine, account=self.account, incoming=incoming)
        finally:
            await engine.dispose()

    def known(self) -> frozenset[str]:
        async def ask() -> frozenset[str]:
            engine = connect(self.settings, "worker", pool_size=2)
            try:
                return await known_ids(engine=engine, account=self.account)
            finally:
                await engine.dispose()

        return asyncio.run(ask())

    def events(self) -> list[str]:
        return [row["type"] for row in self.query("SELECT type FROM task_events ORDER BY seq")]


@pytest.fixture
def inbox(database: Settings) -> Iterator[Inbox]:
    bootstrap_local(database, ["instagram"])
    address = database.database_url_for("owner").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as owner:
        yield Inbox(database, owner)


def message(number: int, text: str = "Hello.", *, author: str = "maple_studio", kind: str = "message") -> Incoming:
    return Incoming(kind, str(number), author, text, "http://127.0.0.1/t/1/")


def test_what_comes_again_is_kept_once_and_told_once(inbox: Inbox):
    assert inbox.receive(message(2), message(1)) == Received(2, 0)
    assert inbox.receive(message(3, kind="comment"), message(2)) == Received(1, 0)

    rows = inbox.query("SELECT external_id, kind, author FROM interactions ORDER BY id")
    assert [row["external_id"] for row in rows] == ["1", "2", "3"]
    assert inbox.events() == ["interaction.received"] * 3
    assert inbox.known() == {"1", "2", "3"}


def test_whoever_asks_to_be_left_alone_is_at_once(inbox: Inbox):
    stop = message(5, "STOP please", author="copper_garden")
    assert inbox.receive(message(6, "@demo unsubscribe", kind="mention"), stop, message(4)) == Received(3, 2)
    assert inbox.receive(stop) == Received(0, 0)

    rows = inbox.query("SELECT handle, source FROM do_not_contact ORDER BY handle")
    assert [(row["handle"], row["source"]) for row in rows] == [
        ("copper_garden", "stop_word"),
        ("maple_studio", "stop_word"),
    ]
    # In one transaction: whoever reads the one reads the other too.
    assert inbox.query(
        "SELECT count(*) AS n FROM interactions i JOIN do_not_contact d ON d.handle = i.author AND d.xmin = i.xmin"
    ) == [{"n": 2}]


@pytest.mark.parametrize("author", ["", "no handle at all", "a" * 65, "<script>"])
def test_what_a_page_shows_is_kept_within_bounds(inbox: Inbox, author: str):
    hostile = Incoming("message", "9" * 300, author, "stop\x00" + "x" * 9000, "http://127.0.0.1/" + "y" * 5000)
    assert inbox.receive(hostile) == Received(1, 0)

    [row] = inbox.query("SELECT * FROM interactions")
    assert (row["author"], len(row["text"]), len(row["external_id"]), len(row["url"])) == ("", 5000, 200, 2048)
