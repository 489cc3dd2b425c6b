"""Does every event reach its receiver, signed, at least once, whatever the receiver and its neighbours do?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from connectors.http.egress import Egress
from connectors.http.webhook import signed
from shared.db.session import connect
from shared.ids import new_id
from shared.webhooks import repository as webhooks
from tests.support.gateway import Gateway, new_workspace, serve
from tests.support.receiver import Receiver, receiver
from workers.delivery.webhook_sender import EACH, WebhookSender

ALL = ("read", "submit", "approve", "manage")


@pytest.fixture(scope="module")
def house(module_database) -> Iterator[Gateway]:
    with serve(module_database.model_copy(update={"egress_allowed": "127.0.0.0/8"})) as running:
        yield running


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
async def sender(house: Gateway) -> AsyncIterator[WebhookSender]:
    house.query("DELETE FROM webhooks")
    engine = connect(house.settings, "worker")
    yield WebhookSender(engine, house.settings, Egress(house.settings.egress_networks(), call_s=30))
    await engine.dispose()


def add(house: Gateway, there: Receiver, *types: str, path: str = "/in") -> dict:
    answer = house.post("/api/webhooks", {"url": f"{there.url}{path}", "types": list(types)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def send(sender: WebhookSender) -> int:
    sent = await sender.round()
    await sender.settle()
    return sent


def let_time_pass(house: Gateway) -> None:
    """Everything that waits is due."""
    house.query("UPDATE webhook_deliveries SET next_at = now() WHERE state = 'pending'")
    house.query("UPDATE webhooks SET rests_until = NULL")


def deliveries(house: Gateway, hook: dict) -> list[dict]:
    return house.http.get(f"/api/webhooks/{hook['id']}/deliveries").json()["items"]


async def test_a_receiver_that_fails_twice_gets_it_the_third_time(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.cancelled")
    there.answers = [500, 302]
    task = house.submit()
    house.http.delete(f"/api/scheduler/task/{task['id']}")
    for state, status in (("pending", 500), ("pending", 302), ("delivered", 200)):
        assert await send(sender) == 1
        (one,) = deliveries(house, hook)
        assert (one["state"], one["last_status"]) == (state, status)
        assert await sender.round() == 0
        let_time_pass(house)
    first, _, last = there.requests
    event = Webhook(hook["secret"]).verify(last.body, last.headers)
    assert first.headers["webhook-id"] == last.headers["webhook-id"] == f"msg_{one['id'].replace('-', '')}"
    assert (event["type"], event["subject"]) == ("task.cancelled", task["id"])
    assert event.keys() == {"id", "seq", "type", "time", "subject", "data"}
    with pytest.raises(WebhookVerificationError):
        Webhook(hook["secret"]).verify(last.body + " ", last.headers)


async def test_a_receiver_that_says_when_is_left_alone_until_then(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    there.answers, there.headers = [429], {"Retry-After": "7200"}
    house.submit()
    assert await send(sender) == 1
    house.submit()
    assert await send(sender) == 0
    [waits] = house.query(
        "SELECT extract(epoch FROM w.rests_until - now()) AS rests, extract(epoch FROM d.next_at - now()) AS next"
        " FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id WHERE d.last_status = 429"
    )
    assert 7_000 < waits["rests"] <= 7_200
    assert 7_000 < waits["next"] <= 7_200
    let_time_pass(house)
    while await send(sender):
        let_time_pass(house)
    assert {one["state"] for one in deliveries(house, hook)} == {"delivered"}


async def test_no_event_is_missed_and_none_is_made_twice(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there)
    others = [WebhookSender(connect(house.settings, "worker"), house.settings, Egress(house.settings.egress_networks()))]
    seqs = []
    for _ in range(3):
        for _ in range(5):
            house.submit()
        await asyncio.gather(send(sender), send(others[0]))
    while await send(sender):
        pass
    seqs = sorted(json.loads(one.body)["seq"] for one in there.requests)
    assert len(seqs) == 16  # and the webhook's own creation
    assert seqs == list(range(seqs[0], seqs[0] + 16))
    assert {one["state"] for one in deliveries(house, hook)} == {"delivered"}


async def test_a_delivery_is_sent_again_by_hand(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    house.submit()
    await send(sender)
    (one,) = deliveries(house, hook)
    again = house.post(f"/api/webhooks/{hook['id']}/deliveries/{one['id']}/redeliver").json()
    assert (again["state"], again["tries"], again["id"]) == ("pending", 0, one["id"])
    await send(sender)
    assert len({request.headers["webhook-id"] for request in there.requests}) == 1
    assert len(there.requests) == 2


async def test_a_receiver_that_hangs_takes_its_own_places_only(house: Gateway, there: Receiver, sender: WebhookSender):
    add(house, there, "task.pending", path="/slow")
    there.released.clear()
    with receiver() as quick:
        add(house, quick, "task.pending", path="/quick")
        for _ in range(2 * EACH):
            house.submit()
        async with asyncio.timeout(20):
            while len(quick.requests) < 2 * EACH or len(there.requests) < EACH:
                await sender.round()
                await asyncio.sleep(0.02)
        await sender.round()
        hanging = len(there.requests)
        there.released.set()
        await sender.settle()
    assert hanging == EACH


async def test_one_that_fails_is_tried_with_one_delivery_at_a_time(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    there.answers = [503] * 50
    house.submit()
    await send(sender)
    for _ in range(5):
        house.submit()
    assert await send(sender) == 0
    house.query("UPDATE webhooks SET rests_until = NULL")
    assert await send(sender) == 1
    assert house.http.get(f"/api/webhooks/{hook['id']}").json()["failing_since"] is not None
    there.answers = []
    let_time_pass(house)
    assert await send(sender) == 1
    assert house.http.get(f"/api/webhooks/{hook['id']}").json()["failing_since"] is None
    let_time_pass(house)
    assert await send(sender) == 5


async def test_after_three_days_a_delivery_is_dead_and_the_webhook_disabled(
    house: Gateway, there: Receiver, sender: WebhookSender
):
    hook = add(house, there, "task.pending")
    there.answers = [500, 500]
    house.submit()
    await send(sender)
    house.query("UPDATE webhooks SET failing_since = failing_since - interval '3 days'")
    house.query("UPDATE webhook_deliveries SET since = since - interval '3 days'")
    let_time_pass(house)
    await send(sender)
    assert deliveries(house, hook)[0]["state"] == "dead"
    assert house.http.get(f"/api/webhooks/{hook['id']}").json()["state"] == "disabled"
    event = house.query("SELECT type, data FROM task_events ORDER BY seq DESC LIMIT 1")[0]
    assert (event["type"], event["data"]["webhook"]) == ("webhook.disabled", hook["id"])
    house.submit()
    assert await send(sender) == 0
    assert house.http.patch(f"/api/webhooks/{hook['id']}", json={"state": "active"}).json()["state"] == "active"
    assert await send(sender) == 1


async def test_a_receiver_that_is_gone_disables_at_once(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    there.answers = [410]
    house.submit()
    await send(sender)
    assert house.http.get(f"/api/webhooks/{hook['id']}").json()["state"] == "disabled"


async def test_who_dies_on_the_way_has_it_sent_again(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    house.submit()
    there.released.clear()
    await sender.round()
    for task in list(sender._on_the_way):
        task.cancel()
    await sender.settle()
    there.released.set()
    assert deliveries(house, hook)[0]["state"] == "pending"
    let_time_pass(house)
    await send(sender)
    assert deliveries(house, hook)[0]["state"] == "delivered"


async def test_what_was_delivered_a_month_ago_is_forgotten(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    house.submit()
    house.submit()
    await send(sender)
    house.query("UPDATE webhook_deliveries SET finished_at = now() - interval '31 days' WHERE id = %(id)s",
                id=deliveries(house, hook)[0]["id"])  # fmt: skip
    async with sender._engine.begin() as connection:
        assert await webhooks.forget_old(connection, 30) == 1
    assert len(deliveries(house, hook)) == 1


async def test_a_paused_webhook_goes_on_where_it_stopped(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    path = f"/api/webhooks/{hook['id']}"
    assert house.http.patch(path, json={"state": "paused"}).json()["state"] == "paused"
    house.submit()
    assert await send(sender) == 0
    house.http.patch(path, json={"state": "active"})
    assert await send(sender) == 1


async def test_an_address_that_is_no_longer_allowed_is_not_called(house: Gateway, there: Receiver, sender: WebhookSender):
    hook = add(house, there, "task.pending")
    house.submit()
    strict = WebhookSender(sender._engine, house.settings, Egress())
    await send(strict)
    (one,) = deliveries(house, hook)
    assert "not public" in one["last_error"]
    assert there.requests == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "url"),
        ({"url": "ftp://example.org/x"}, 422, "url"),
        ({"url": "https://user:pw@example.org/"}, 422, "url"),  # pragma: allowlist secret
        ({"url": "https://10.0.0.1/"}, 409, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, 409, "url"),
        ({"url": "https://2130706433/"}, 409, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, 409, "url"),
        ({"url": "http://1.1.1.1/"}, 409, "url"),
        ({"url": "https://1.1.1.1/", "types": ["task.nothing"]}, 422, "types[0]"),
        ({"url": "https://1.1.1.1/", "secret": "mine"}, 422, "secret"),
    ],
)
def test_a_wrong_webhook_is_refused_and_not_stored(house: Gateway, body: dict, status: int, field: str):
    before = house.query("SELECT count(*) AS n FROM webhooks")
    answer = house.post("/api/webhooks", body)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (status, [field]), answer.text
    assert house.query("SELECT count(*) AS n FROM webhooks") == before


def test_an_address_is_checked_when_it_is_changed_too(house: Gateway, there: Receiver):
    hook = add(house, there)
    answer = house.http.patch(f"/api/webhooks/{hook['id']}", json={"url": "https://10.0.0.1/"})
    assert answer.status_code == 409
    assert house.http.get(f"/api/webhooks/{hook['id']}").json()["url"] == hook["url"]


def test_the_secret_is_shown_once_and_kept_encrypted(house: Gateway, there: Receiver):
    hook = add(house, there)
    key = hook["secret"].removeprefix("whsec_")
    shown = [house.http.get(path).text for path in ("/api/webhooks", f"/api/webhooks/{hook['id']}")]
    stored = house.query("SELECT webhooks::text || (SELECT string_agg(data::text, '') FROM task_events) AS t FROM webhooks")
    assert hook["secret"].startswith("whsec_")
    assert key not in "".join(shown) + "".join(row["t"] for row in stored)


def test_anothers_webhook_is_not_there(house: Gateway, there: Receiver):
    hook = add(house, there)
    theirs = house.with_key(new_workspace(house.settings, "theirs", ALL))
    path = f"/api/webhooks/{hook['id']}"
    answers = [
        theirs.get(path),
        theirs.patch(path, json={"state": "paused"}),
        theirs.delete(path),
        theirs.get(f"{path}/deliveries"),
        theirs.post(f"{path}/deliveries/{new_id()}/redeliver"),
        house.post(f"{path}/deliveries/{new_id()}/redeliver"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert theirs.get("/api/webhooks").json()["items"] == []
    assert house.http.delete(path).json()["id"] == hook["id"]
    assert house.http.get(path).status_code == 404


def test_the_ten_lines_of_the_documents_verify_a_delivery():
    page = (Path(__file__).resolve().parents[3] / "docs/events.md").read_text()
    said: dict = {}
    exec(page.partition("```python\n")[2].partition("```")[0], said)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed(secret, new_id(), datetime.now(UTC), '{"seq": 1}')
    assert said["is_genuine"](secret, headers, b'{"seq": 1}')
    assert not said["is_genuine"](secret, headers, b'{"seq": 2}')
    old = signed(secret, new_id(), datetime.now(UTC) - timedelta(minutes=6), "{}")
    assert not said["is_genuine"](secret, old, b"{}")


def test_the_signature_is_the_specifications():
    """The specification's own example, at standardwebhooks.com; the secret and the message are its."""
    secret, delivery = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", new_id()
    at = datetime.fromtimestamp(1614265330, UTC)
    sign = Webhook(secret).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert sign == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = signed(secret, delivery, datetime.now(UTC), "{}")
    assert Webhook(secret).verify("{}", headers) == {}
