"""Are people told, once for each cause, and of nothing else?"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.http.egress import Egress
from shared.db.session import connect
from shared.engine.store import tasks
from tests.support.gateway import Gateway, new_workspace, serve
from tests.support.receiver import Receiver, receiver
from tests.support.work import row
from workers.delivery.notification_sender import NotificationSender


@pytest.fixture(scope="module")
def house(module_database) -> Iterator[Gateway]:
    with serve(module_database.model_copy(update={"egress_allowed": "127.0.0.0/8"})) as running:
        yield running


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
async def sender(house: Gateway) -> AsyncIterator[NotificationSender]:
    house.query("DELETE FROM notifications")
    engine = connect(house.settings, "worker")
    yield NotificationSender(engine, house.settings, Egress(house.settings.egress_networks()))
    await engine.dispose()


def add(house: Gateway, there: Receiver, *types: str, scheme: str = "json") -> dict:
    target = f"{scheme}://user:canary@127.0.0.1:{there.port}/callsheet"  # pragma: allowlist secret
    answer = house.post("/api/notifications", {"name": "on call", "target": target} | ({"types": types} if types else {}))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def tell(sender: NotificationSender) -> int:
    sent = await sender.round()
    await sender.settle()
    return sent


def switch(house: Gateway, what: str, platform: str = "instagram") -> None:
    assert house.post(f"/api/accounts/{platform}/demo/{what}").status_code == 200


async def test_a_paused_account_is_told_once_in_an_hour(house: Gateway, there: Receiver, sender: NotificationSender):
    rule = add(house, there)
    for _ in range(3):
        switch(house, "pause")
        switch(house, "resume")
        await tell(sender)
    switch(house, "pause", "tiktok")
    await tell(sender)
    told = [json.loads(one.body) for one in there.requests]
    assert [one["title"] for one in told] == ["Callsheet: An account is paused"] * 2
    assert "platform: instagram\naccount: demo" in told[0]["message"]
    house.query("UPDATE notices SET created_at = created_at - interval '1 hour'")
    switch(house, "pause")
    assert await tell(sender) == 1
    switch(house, "resume", "tiktok")
    assert house.http.get(f"/api/notifications/{rule['id']}").json()["last_state"] == "sent"


async def test_who_listens_at_ntfy_hears_of_what_waits_for_approval(
    house: Gateway, there: Receiver, sender: NotificationSender
):
    rule = add(house, there, scheme="ntfy")
    assert {"account.paused", "task.unknown", "lane.unserved", "approval.requested", "credits.refreshed"} <= {*rule["types"]}
    account = house.query("SELECT * FROM accounts WHERE platform = 'instagram'")[0]
    for _ in range(3):
        payload = {"post_url": "http://127.0.0.1/p/1/", "text": "Good."}
        lane = "chromium.local.instagram"
        waiting = row(account, "comment", payload, lane, status="awaiting_approval", approval_required=True)
        engine = connect(house.settings, "owner")
        async with engine.begin() as connection:
            assert await tasks.insert(connection, [waiting]) == 1
        await engine.dispose()
    assert await tell(sender) == 1
    assert await tell(sender) == 0
    said = there.requests[0]
    assert "A task waits for approval" in said.body + str(said.headers)


async def test_a_test_tells_whether_it_arrived(house: Gateway, there: Receiver, sender: NotificationSender):
    rule = add(house, there)
    path = f"/api/notifications/{rule['id']}"
    house.http.patch(path, json={"state": "paused"})
    there.answers = [500]
    assert house.post(f"{path}/test").status_code == 202
    await tell(sender)
    shown = house.http.get(path).json()
    assert (shown["last_state"], "did not take it" in shown["last_error"]) == ("pending", True)
    house.query("UPDATE notices SET next_at = now()")
    await tell(sender)
    assert house.http.get(path).json()["last_state"] == "sent"
    assert json.loads(there.requests[-1].body)["title"] == "Callsheet: a test"
    for _ in range(3):
        house.post(f"{path}/test")
    assert house.post(f"{path}/test").status_code == 409


async def test_a_message_that_nobody_takes_is_dead_after_some_hours(
    house: Gateway, there: Receiver, sender: NotificationSender
):
    rule = add(house, there)
    house.post(f"/api/notifications/{rule['id']}/test")
    house.query("UPDATE notices SET created_at = created_at - interval '6 hours'")
    there.answers = [500]
    await tell(sender)
    assert house.http.get(f"/api/notifications/{rule['id']}").json()["last_state"] == "dead"


async def test_an_address_that_is_no_longer_allowed_is_not_called(
    house: Gateway, there: Receiver, sender: NotificationSender
):
    rule = add(house, there)
    house.post(f"/api/notifications/{rule['id']}/test")
    engine = connect(house.settings, "worker")
    await tell(NotificationSender(engine, house.settings, Egress()))
    await engine.dispose()
    assert there.requests == []
    assert "not public" in house.http.get(f"/api/notifications/{rule['id']}").json()["last_error"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("file:///etc/passwd", 422),
        ("syslog://", 422),
        ("dbus://", 422),
        ("http://example.org/", 422),
        ("jsons://10.0.0.1/x", 409),
        ("json://1.1.1.1/x", 409),
        ("jsons://2130706433/x", 409),
        ("ntfys://10.0.0.1/topic", 409),
        ("mailtos://me:pw@example.org?smtp=10.0.0.1", 409),  # pragma: allowlist secret
        ("slack://nothing", 409),
    ],
)
def test_a_target_that_may_not_be_used_is_refused(house: Gateway, target: str, status: int):
    answer = house.post("/api/notifications", {"name": "n", "target": target})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, "target"), answer.text


def test_what_a_target_keeps_secret_is_shown_nowhere(house: Gateway, there: Receiver):
    rule = add(house, there)
    shown = house.http.get("/api/notifications").text + house.http.get(f"/api/notifications/{rule['id']}").text
    stored = house.query(
        "SELECT notifications::text || (SELECT string_agg(data::text, '') FROM task_events) AS t FROM notifications"
    )
    assert rule["target"] == f"json://127.0.0.1:{there.port}"
    assert "canary" not in shown + "".join(row["t"] for row in stored)


def test_anothers_notification_is_not_there(house: Gateway, there: Receiver):
    rule = add(house, there)
    theirs = house.with_key(new_workspace(house.settings, "theirs", ("read", "submit", "approve", "manage")))
    path = f"/api/notifications/{rule['id']}"
    answers = [theirs.get(path), theirs.patch(path, json={"name": "x"}), theirs.delete(path), theirs.post(f"{path}/test")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert house.http.delete(path).json()["name"] == "on call"
    assert house.http.get(path).status_code == 404
