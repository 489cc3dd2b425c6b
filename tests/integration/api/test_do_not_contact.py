"""Is somebody left alone who is on the list, from the moment on when he is?"""

from __future__ import annotations

import asyncio

import pytest

from shared.db.session import connect, transaction
from shared.do_not_contact.opt_out import hear
from tests.support.gateway import Gateway, comment, new_workspace

LIST = "/api/do-not-contact"


def dm(to: str = "maple_studio", **changes: object) -> dict:
    return {"type": "dm", "platform": "tiktok", "account": "demo", "payload": {"to": to, "text": "Hello."}} | changes


def held_by(gateway: Gateway, task: dict) -> str | None:
    gates = gateway.http.get(f"/api/scheduler/task/{task['id']}/explain").json()["gates"]
    gate = next(one for one in gates if one["gate"] == "do_not_contact")
    return None if gate["open"] else gate["reason"]


@pytest.mark.parametrize("written", ["maple_studio", "@Maple_Studio", "\uff20\uff4d\uff41\uff50\uff4c\uff45_studio"])
def test_an_entry_closes_the_gate_at_once_for_what_waits(gateway: Gateway, written: str):
    task = gateway.submit(dm("Maple_Studio"))
    assert held_by(gateway, task) is None
    gateway.query("UPDATE tasks SET wake_key = 'credits:1', parked_at = now()")
    added = gateway.post(LIST, {"name": written, "reason": "asked us to stop"})
    assert (added.status_code, added.json()["name"], added.json()["added_by"]) == (201, "maple_studio", "local owner")
    assert held_by(gateway, task) == "asked us to stop"
    assert gateway.query("SELECT wake_key FROM tasks") == [{"wake_key": None}]
    gateway.http.delete(f"{LIST}/{added.json()['id']}")
    assert held_by(gateway, task) is None


def test_an_entry_may_be_of_one_platform_and_one_persona(gateway: Gateway):
    task = gateway.submit(dm())
    persona = gateway.query("SELECT id FROM personas")[0]["id"]
    gateway.post(LIST, {"name": "maple_studio", "platform": "instagram"})
    assert held_by(gateway, task) is None
    gateway.post(LIST, {"name": "maple_studio", "persona_id": str(persona)})
    assert held_by(gateway, task) is not None
    unknown = gateway.post(LIST, {"name": "x", "persona_id": "00000000-0000-7000-8000-00000000dead"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (404, "persona_id")


def test_a_domain_stops_what_is_aimed_at_an_address_on_it(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    gateway.post(LIST, {"name": "127.0.0.2", "kind": "domain"})
    assert held_by(gateway, task) is None
    gateway.post(LIST, {"name": "http://127.0.0.1/some/page", "kind": "domain"})
    assert held_by(gateway, task) is not None


def test_an_edit_does_not_get_past_the_list(gateway: Gateway):
    gateway.post(LIST, {"name": "maple_studio"})
    task = gateway.submit(dm("somebody_else"))
    gateway.http.patch(f"/api/scheduler/task/{task['id']}", json={"payload": {"to": "maple_studio", "text": "Hi."}})
    assert held_by(gateway, task) is not None
    assert gateway.query("SELECT recipient, targets FROM tasks") == [
        {"recipient": "maple_studio", "targets": ["@maple_studio"]}
    ]


def test_who_is_on_the_list_already_stays_as_he_is(gateway: Gateway):
    first = gateway.post(LIST, {"name": "maple", "reason": "the first"}).json()
    again = gateway.post(LIST, {"name": "@MAPLE", "reason": "the second"})
    assert (again.status_code, again.json()) == (201, first)
    assert gateway.http.get(LIST, params={"name": "@Maple"}).json()["items"] == [first]
    assert gateway.http.get(f"{LIST}/{first['id']}").json() == first
    assert gateway.http.get(LIST, params={"name": "somebody"}).json()["items"] == []


@pytest.mark.parametrize("body", [{"name": "two words"}, {"name": "org", "kind": "domain"}, {"name": "\u200b"}])
def test_what_is_no_name_is_refused(gateway: Gateway, body: dict):
    refused = gateway.post(LIST, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_such_name")


def test_a_list_comes_in_as_a_whole_and_goes_out_as_it_came(gateway: Gateway):
    text = "kind,name,platform,reason\r\n,@Maple,instagram,=cmd\r\ndomain,example.org,,\r\n,maple,instagram,again\r\n"
    body = {"csv": text, "entries": [{"name": "birch"}]}
    assert gateway.post(f"{LIST}/import", body).json() == {"added": 3, "known": 1}
    out = gateway.http.get(f"{LIST}/export")
    assert "'=cmd" in out.text
    before = gateway.http.get(LIST).json()["items"]
    for entry in before:
        gateway.http.delete(f"{LIST}/{entry['id']}")
    assert gateway.post(f"{LIST}/import", {"csv": out.text}).json() == {"added": 3, "known": 0}
    after = gateway.http.get(LIST).json()["items"]
    same = ("kind", "name", "platform", "reason")
    assert sorted([e[n] or "" for n in same] for e in before) == sorted([e[n] or "" for n in same] for e in after)


def test_of_a_list_with_a_wrong_line_nothing_comes_in_and_each_is_named(gateway: Gateway):
    text = "name,kind,persona_id\nmaple,,\ntwo words,,\nexample.org,galaxy,\nbirch,,00000000-0000-7000-8000-00000000dead\n"
    for body, lines in (
        ({"csv": text}, ["line 4"]),
        ({"csv": text.replace("galaxy", "domain")}, ["line 3", "line 5"]),
        ({"csv": "who\nmaple\n"}, ["line 1"]),
        ({"csv": "name\nmaple,more\n"}, ["line 2"]),
        ({"entries": [{"name": "maple"}, {"name": "a/b"}]}, ["line 2"]),
    ):
        refused = gateway.post(f"{LIST}/import", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "import_refused")
        wrong = "1 line is wrong" if len(lines) == 1 else f"{len(lines)} lines are wrong"
        assert refused.json()["detail"] == f"{wrong}, and nothing was stored."
        assert [error["field"] for error in refused.json()["errors"]] == lines
    assert gateway.http.get(LIST).json()["items"] == []


def test_ten_thousand_come_in_at_once_and_no_more(gateway: Gateway):
    lines = "name\n" + "".join(f"person{n}\n" for n in range(10_000))
    assert gateway.post(f"{LIST}/import", {"csv": lines}).json() == {"added": 10_000, "known": 0}
    assert gateway.post(f"{LIST}/import", {"csv": f"{lines}one_more\n"}).status_code == 409
    assert gateway.http.get("/api/audit/verify").json()["ok"]


def test_a_stop_word_puts_who_wrote_it_on_the_list_at_once(gateway: Gateway):
    task = gateway.submit(dm())
    assert say(gateway, "Don't stop, I like these") is False
    assert held_by(gateway, task) is None
    assert say(gateway, "STOP") is True
    assert held_by(gateway, task) == "wrote 'stop'"
    assert say(gateway, "stop.") is True
    assert say(gateway, "not interested") is True
    assert [entry["source"] for entry in gateway.http.get(LIST).json()["items"]] == ["stop_word"]


def test_who_may_have_asked_is_left_alone_until_a_person_decides(gateway: Gateway):
    task = gateway.submit(dm())
    assert say(gateway, "Thanks, not interested") is True
    assert say(gateway, "Not interested!") is True
    assert held_by(gateway, task) == "wrote 'not interested', which may mean to be left alone: a person decides"
    [entry] = gateway.http.get(LIST, params={"source": "doubtful"}).json()["items"]
    assert (entry["name"], entry["platform"], entry["source"]) == ("maple_studio", "tiktok", "doubtful")
    assert told(gateway) == ["do_not_contact.doubtful"]

    assert gateway.http.delete(f"{LIST}/{entry['id']}").status_code == 200
    assert held_by(gateway, task) is None


@pytest.mark.parametrize("by", ["a person", "a list", "a plain word"])
def test_what_was_doubtful_is_settled_by_who_says_so_plainly(gateway: Gateway, by: str):
    gateway.submit(dm())
    say(gateway, "Not interested")
    entry = {"name": "@Maple_Studio", "platform": "tiktok", "reason": "said so"}
    if by == "a person":
        assert gateway.post(LIST, entry).json()["source"] == "person"
    elif by == "a list":
        assert gateway.post(f"{LIST}/import", {"entries": [entry, entry]}).json() == {"added": 1, "known": 1}
    else:
        say(gateway, "Please stop messaging me")
    assert gateway.http.get(LIST, params={"source": "doubtful"}).json()["items"] == []
    assert len(gateway.http.get(LIST).json()["items"]) == 1
    assert told(gateway) == ["do_not_contact.doubtful", "do_not_contact.added"]


def say(gateway: Gateway, text: str) -> bool:
    """Have @Maple_Studio write to the workspace that has a task."""

    async def heard() -> bool:
        engine = connect(gateway.settings, "worker")
        try:
            workspace = gateway.query("SELECT workspace_id AS id FROM tasks")[0]["id"]
            async with transaction(engine, workspace) as connection:
                return await hear(
                    connection=connection, workspace=workspace, platform="tiktok", handle="@Maple_Studio", text=text
                )
        finally:
            await engine.dispose()

    return asyncio.run(heard())


def told(gateway: Gateway) -> list[str]:
    rows = gateway.query("SELECT type FROM task_events WHERE starts_with(type, 'do_not_contact.') ORDER BY seq")
    return [row["type"] for row in rows]


def test_a_list_is_its_workspaces_own(gateway: Gateway):
    mine = gateway.post(LIST, {"name": "maple"}).json()
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read", "submit", "manage")))
    assert theirs.get(LIST).json()["items"] == []
    assert theirs.get(f"{LIST}/{mine['id']}").status_code == 404
    assert theirs.delete(f"{LIST}/{mine['id']}").status_code == 404
    assert theirs.get(f"{LIST}/export").text == "kind,name,platform,persona_id,reason\r\n"
