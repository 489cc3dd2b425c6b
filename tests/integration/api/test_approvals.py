"""Does nothing go out that somebody must approve, before he has approved exactly that?"""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from typer.testing import CliRunner

from cli.local.secret import write_json
from cli.main import build
from shared.db.session import connect
from shared.engine.store import parking
from tests.support.gateway import Gateway, comment, new_workspace
from tests.support.people import signed_in
from workers.dispatch import recurring
from workers.dispatch.reconcile import Repairs

RULES = "/api/approvals/rules"


def dm(text: str = "Hello.", **changes: object) -> dict:
    return {"type": "dm", "platform": "tiktok", "account": "demo", "payload": {"to": "maple", "text": text}} | changes


def by_ai(gateway: Gateway, text: str = "Hello.") -> dict:
    return gateway.submit(dm(text, author="ai"))


def path(task: dict, what: str = "") -> str:
    return f"/api/scheduler/task/{task['id']}{what}"


def seen(task: dict) -> dict:
    return {"payload_hash": task["payload_hash"]}


def waiting(gateway: Gateway) -> list[dict]:
    items: list[dict] = gateway.http.get("/api/approvals").json()["items"]
    return items


def test_what_ai_wrote_waits_and_what_a_person_wrote_does_not(gateway: Gateway):
    assert gateway.submit(dm())["status"] == "pending"
    task = by_ai(gateway)
    assert (task["status"], task["author"], task["asked_by"]) == ("awaiting_approval", "ai", "local owner")
    assert task["waiting_for"][0]["gate"] == "approval"
    (item,) = waiting(gateway)
    assert (item["task_id"], item["payload_hash"], item["payload"]) == (task["id"], task["payload_hash"], task["payload"])
    assert (item["edited"], item["asked_by"]) == (False, "local owner")
    assert item["expires_at"] > item["created_at"]
    events = [event["type"] for event in gateway.http.get(path(task, "/events")).json()["items"]]
    assert "approval.requested" in events


def test_an_approval_names_the_version_that_was_seen(gateway: Gateway):
    task = by_ai(gateway)
    gateway.http.patch(path(task), json={"payload": {"to": "maple", "text": "Other words."}})
    late = gateway.post(path(task, "/approve"), seen(task))
    assert (late.status_code, late.json()["code"]) == (409, "other_version")
    now = gateway.http.get(path(task)).json()
    assert gateway.post(path(task, "/approve"), seen(now)).json()["status"] == "pending"
    assert waiting(gateway) == []


def test_an_edit_voids_an_approval_and_asks_for_another(gateway: Gateway):
    task = by_ai(gateway)
    gateway.post(path(task, "/approve"), seen(task))
    edited = gateway.http.patch(path(task), json={"payload": {"to": "maple", "text": "Other words."}}).json()
    assert edited["waiting_for"][0]["gate"] == "approval"
    (item,) = waiting(gateway)
    assert (item["edited"], item["payload"]["text"]) == (True, "Other words.")
    events = [event["type"] for event in gateway.http.get(path(task, "/events")).json()["items"]]
    assert events.count("approval.requested") == 2
    assert gateway.post(path(task, "/approve"), seen(edited)).json()["status"] == "pending"
    assert gateway.post(path(task, "/approve"), seen(edited)).status_code == 409


def test_what_was_approved_and_edited_can_be_rejected(gateway: Gateway):
    task = by_ai(gateway)
    gateway.post(path(task, "/approve"), seen(task))
    gateway.http.patch(path(task), json={"payload": {"to": "maple", "text": "Other words."}})
    rejected = gateway.post(path(task, "/reject"), {"reason": "Not our tone."}).json()
    assert (rejected["status"], rejected["error"]["message"]) == ("cancelled", "Rejected by local owner: Not our tone.")


def test_somebody_edits_and_approves_in_one_call(gateway: Gateway):
    task = by_ai(gateway)
    words = {"to": "maple", "text": "What a person would say."}
    approved = gateway.post(path(task, "/approve"), seen(task) | {"payload": words}).json()
    assert (approved["status"], approved["payload"]) == ("pending", words)
    assert "approval" not in {gate["gate"] for gate in approved["waiting_for"]}
    only = gateway.with_key(new_workspace(gateway.settings, "local", ("read", "approve")))
    other = by_ai(gateway)
    refused = only.post(path(other, "/approve"), json=seen(other) | {"payload": words})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert only.post(path(other, "/approve"), json=seen(other)).json()["status"] == "pending"


def test_many_are_decided_at_once_and_each_by_itself(gateway: Gateway):
    good, bad, stale = (by_ai(gateway, text) for text in ("one", "two", "three"))
    decisions = [
        {"decision": "approve", "task_id": good["id"], **seen(good)},
        {"decision": "approve", "task_id": stale["id"], "payload_hash": "0" * 64},
        {"decision": "reject", "task_id": bad["id"], "reason": "Said already."},
        {"decision": "reject", "task_id": "00000000-0000-7000-8000-00000000dead", "reason": "?"},
    ]
    items = gateway.post("/api/approvals/decide", {"decisions": decisions}).json()["items"]
    assert [(one["outcome"], one["status"], one["code"]) for one in items] == [
        ("approved", "pending", None),
        ("refused", None, "other_version"),
        ("rejected", "cancelled", None),
        ("refused", None, "not_found"),
    ]
    assert [item["task_id"] for item in waiting(gateway)] == [stale["id"]]
    assert gateway.post("/api/approvals/decide", {"decisions": decisions * 26}).status_code == 422


def test_rules_say_who_must_approve(gateway: Gateway):
    rules = [
        {"name": "trusted", "approval": "never", "author": "ai", "platform": "tiktok"},
        {"name": "rest", "approval": "each", "type": "dm", "waits_s": 3600},
    ]
    assert gateway.http.get(RULES).json() == {"rules": [], "four_eyes": False}
    set_rules = gateway.http.put(RULES, json={"rules": rules})
    assert set_rules.status_code == 200, set_rules.text
    assert [rule["name"] for rule in gateway.http.get(RULES).json()["rules"]] == ["trusted", "rest"]
    assert by_ai(gateway)["status"] == "pending"
    assert gateway.submit(dm())["status"] == "awaiting_approval"
    assert gateway.http.get("/api/audit", params={"action": "approval_rules"}).json()["items"][0]["actor"] == "local owner"


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"platform": "nowhere"}, 404),
        ({"type": "nothing"}, 404),
        ({"persona_id": "00000000-0000-7000-8000-00000000dead"}, 404),
        ({"waits_s": 1}, 422),
    ],
)
def test_a_rule_that_could_never_hold_is_refused(gateway: Gateway, rule: dict, status: int):
    answer = gateway.http.put(RULES, json={"rules": [{"name": "a", "approval": "each"} | rule]})
    assert answer.status_code == status
    twice = gateway.http.put(RULES, json={"rules": [{"name": "a", "approval": "each"}] * 2})
    assert (twice.status_code, twice.json()["code"]) == (409, "same_name")


def test_a_rules_budget_is_exact_while_many_submit_at_once(gateway: Gateway):
    rule = {"name": "few", "approval": "auto", "author": "ai", "budget": {"max": 5, "window_s": 3600}}
    gateway.http.put(RULES, json={"rules": [rule]})

    def submit() -> None:
        client = gateway.with_key(gateway.api_key)
        for number in range(3):
            client.post("/api/scheduler/task", json=dm(f"Hello {number}.", author="ai"))

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waiting(gateway)) == 12 - 5
    batch = gateway.post("/api/scheduler/tasks", {"tasks": [dm(author="ai")] * 3})
    assert batch.status_code == 201
    assert len(waiting(gateway)) == 15 - 5


def test_an_approval_of_a_rule_is_of_one_payload_too(gateway: Gateway):
    gateway.http.put(RULES, json={"rules": [{"name": "auto", "approval": "auto"}]})
    task = by_ai(gateway)
    assert task["status"] == "pending"
    gateway.http.patch(path(task), json={"payload": {"to": "maple", "text": "Other words."}})
    assert [item["task_id"] for item in waiting(gateway)] == [task["id"]]


def test_what_waits_is_the_own_workspaces(gateway: Gateway):
    task = by_ai(gateway)
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read", "approve")))
    assert theirs.get("/api/approvals").json()["items"] == []
    assert theirs.post(path(task, "/approve"), json=seen(task)).status_code == 404
    decided = theirs.post(
        "/api/approvals/decide", json={"decisions": [{"decision": "approve", "task_id": task["id"], **seen(task)}]}
    )
    assert decided.json()["items"][0]["code"] == "not_found"


def test_the_list_goes_on_where_it_ended(gateway: Gateway):
    tasks = [by_ai(gateway, f"Hello {number}.") for number in range(3)]
    first = gateway.http.get("/api/approvals", params={"limit": 2}).json()
    rest = gateway.http.get("/api/approvals", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["task_id"] for item in first["items"] + rest["items"]] == [task["id"] for task in tasks]
    assert rest["next_cursor"] is None


async def unfenced(_connection: AsyncConnection) -> None:
    """Nobody else leads here."""


def as_dispatcher(gateway: Gateway, job) -> None:
    async def go() -> None:
        engine = connect(gateway.settings, "dispatcher")
        try:
            await job(engine, gateway.settings, unfenced)
        finally:
            await engine.dispose()

    asyncio.run(go())


async def repair(engine, settings, fence) -> None:
    await Repairs(engine, settings, fence).run()
    async with engine.begin() as connection:
        await parking.wake_backlog(connection)


def test_what_nobody_approves_in_time_is_cancelled_and_wakes_who_waits_for_it(gateway: Gateway):
    late, early = by_ai(gateway, "one"), by_ai(gateway, "two")
    follows = gateway.submit(dependencies=[late["id"]])
    edited = by_ai(gateway, "three")
    gateway.post(path(edited, "/approve"), seen(edited))
    gateway.http.patch(path(edited), json={"payload": {"to": "maple", "text": "Other words."}})
    done = by_ai(gateway, "four")
    gateway.post(path(done, "/approve"), seen(done))
    gateway.query(
        "UPDATE tasks SET wake_key = %(key)s, parked_at = now() WHERE id = %(id)s",
        key=f"task:{late['id']}",
        id=follows["id"],
    )
    gateway.query("UPDATE tasks SET approval_until = now() WHERE id = ANY (%(ids)s)", ids=[late["id"], edited["id"]])
    as_dispatcher(gateway, repair)
    for task in (late, edited):
        found = gateway.http.get(path(task)).json()
        assert (found["status"], found["error"]["code"]) == ("cancelled", "approval_expired")
    assert gateway.http.get(path(early)).json()["status"] == "awaiting_approval"
    assert gateway.http.get(path(done)).json()["status"] == "pending"
    assert gateway.query("SELECT wake_key FROM tasks WHERE id = %(id)s", id=follows["id"]) == [{"wake_key": None}]


def test_each_occurrence_of_a_schedule_is_decided_by_the_rules_of_its_time(gateway: Gateway):
    schedule = {"task": dm(author="ai"), "rule": "FREQ=DAILY", "zone": "UTC", "missed": "run_once", "overlap": "queue"}
    gateway.post("/api/schedules", schedule)
    for rules, status in (
        ([], "awaiting_approval"),
        ([{"name": "one", "approval": "auto", "budget": {"max": 1, "window_s": 3600}}], "pending"),
    ):
        gateway.http.put(RULES, json={"rules": rules})
        gateway.query("DELETE FROM task_events WHERE task_id IS NOT NULL")
        gateway.query("DELETE FROM tasks")
        gateway.query("UPDATE schedules SET next_at = now()")
        as_dispatcher(gateway, recurring.fill)
        (task,) = gateway.query("SELECT status, author, asked_by FROM tasks")
        assert task == {"status": status, "author": "ai", "asked_by": "local owner"}


def test_the_command_line_approves_what_it_has_shown_and_rejects_with_a_reason(gateway: Gateway):
    write_json(gateway.settings.home / "credentials.json", {"url": gateway.url, "api_key": gateway.api_key})
    run = CliRunner(env={"CALLSHEET_HOME": str(gateway.settings.home)})
    good, known, bad = (by_ai(gateway, text) for text in ("one", "two", "three"))
    listed = run.invoke(build("approvals"), ["approvals", "list"])
    assert listed.exit_code == 0, listed.output
    assert all(task["id"] in listed.output for task in (good, known, bad))
    asked = run.invoke(build("approvals"), ["approvals", "approve", good["id"]], input="y\n")
    assert asked.exit_code == 0, asked.output
    assert "text: one" in asked.output
    named = run.invoke(build("approvals"), ["approvals", "approve", known["id"], "--hash", known["payload_hash"]])
    assert named.exit_code == 0, named.output
    told = run.invoke(build("approvals"), ["approvals", "reject", bad["id"], "--reason", "Not our tone.", "--json"])
    assert '"message": "Rejected by local owner: Not our tone."' in told.output
    assert [gateway.http.get(path(task)).json()["status"] for task in (good, known)] == ["pending", "pending"]
    assert "Nothing waits" in run.invoke(build("approvals"), ["approvals", "list"]).output


def _key(gateway: Gateway, author: str, *scopes: str) -> httpx.Client:
    body = {"name": f"{author} words", "scopes": scopes or ["read", "submit"], "author": author}
    answer = gateway.post("/api/keys", body)
    assert (answer.status_code, answer.json()["author"]) == (201, author), answer.text
    return gateway.with_key(answer.json()["key"])


@pytest.mark.parametrize("own", ["person", "template", "ai"])
def test_a_key_brings_the_words_that_it_is_for_and_no_others(gateway: Gateway, own: str):
    key = _key(gateway, own)
    body = comment(gateway.settings)
    unsaid = key.post("/api/scheduler/task", json=body)
    assert (unsaid.status_code, unsaid.json()["author"]) == (201, own)
    assert unsaid.json()["status"] == ("awaiting_approval" if own == "ai" else "pending")
    daily = {"rule": "FREQ=DAILY", "zone": "UTC"}
    for other in {"person", "template", "ai"} - {own}:
        for path, sent, field in (
            ("/api/scheduler/task", body | {"author": other}, "author"),
            ("/api/scheduler/tasks", {"tasks": [body | {"author": other}]}, "tasks[0].author"),
            ("/api/schedules", daily | {"task": body | {"author": other}}, "task.author"),
            ("/api/dm/tiktok/messages", {"account": "demo", "to": "noor", "text": "hi", "author": other}, "author"),
        ):
            answer = key.post(path, json=sent)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert key.post("/api/scheduler/task", json=body | {"author": own}).status_code == 201


def test_a_person_brings_their_own_words(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    assert mara.http.post("/api/scheduler/task", json=comment(gateway.settings)).json()["author"] == "person"
    assert mara.http.post("/api/scheduler/task", json=comment(gateway.settings) | {"author": "ai"}).status_code == 422


def test_a_key_for_what_ai_writes_makes_no_key_for_what_a_person_does(gateway: Gateway):
    key = _key(gateway, "ai", "read", "submit", "manage")
    for author, status in (("person", 403), ("ai", 201), (None, 201)):
        answer = key.post("/api/keys", json={"name": "next", "scopes": ["read"], "author": author})
        assert answer.status_code == status
    assert answer.json()["author"] == "ai"


def test_words_that_ai_puts_in_the_place_of_a_persons_wait_for_somebody(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings), scheduled_for="2099-01-01T00:00:00Z")
    assert task["status"] == "scheduled"
    key = _key(gateway, "ai")
    payload = task["payload"] | {"text": "What AI thinks of it."}
    answer = key.patch(f"/api/scheduler/task/{task['id']}", json={"payload": payload})
    assert (answer.status_code, answer.json()["author"]) == (200, "ai"), answer.text
    (waiting,) = gateway.http.get("/api/approvals").json()["items"]
    assert (waiting["task_id"], waiting["author"]) == (task["id"], "ai")


def test_where_four_eyes_are_asked_for_nobody_approves_what_they_ordered_of_ai(gateway: Gateway):
    mara, noor = (signed_in(gateway, f"{name}@example.org", "local") for name in ("mara", "noor"))
    assert mara.http.get("/api/approvals/rules").json()["four_eyes"] is False  # unless somebody says so
    made = mara.http.post(
        "/api/keys", json={"name": "writer", "scopes": ["read", "submit", "approve"], "author": "ai"}
    ).json()
    writer = gateway.with_key(made["key"])

    def waiting() -> dict:
        answer = writer.post("/api/scheduler/task", json=comment(gateway.settings))
        assert answer.json()["status"] == "awaiting_approval"
        (item,) = gateway.http.get("/api/approvals").json()["items"]
        return item

    def approve(http: httpx.Client, item: dict, **more: object) -> httpx.Response:
        return http.post(
            f"/api/scheduler/task/{item['task_id']}/approve", json={"payload_hash": item["payload_hash"]} | more
        )

    assert approve(mara.http, waiting()).status_code == 200
    set_to = mara.http.put("/api/approvals/rules", json={"rules": [], "four_eyes": True})
    assert set_to.json()["four_eyes"] is True
    assert mara.http.put("/api/approvals/rules", json={"rules": []}).json()["four_eyes"] is True  # left as it is
    item = waiting()
    others = {"payload": item["payload"] | {"text": "Other words."}}
    # The key that ordered it, the person who made that key, another key, and somebody who writes other words in its place.
    for http, more in ((writer, {}), (mara.http, {}), (gateway.http, {}), (noor.http, others)):
        answer = approve(http, item, **more)
        assert (answer.status_code, answer.json()["code"]) == (403, "four_eyes"), answer.text
    many = mara.http.post(
        "/api/approvals/decide",
        json={"decisions": [{"decision": "approve", "task_id": item["task_id"], "payload_hash": item["payload_hash"]}]},
    )
    assert many.json()["items"][0]["code"] == "four_eyes"
    assert approve(noor.http, item).status_code == 200
