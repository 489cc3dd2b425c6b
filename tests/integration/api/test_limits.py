"""Can people see and set what holds for an account, and does it hold at once?"""

from __future__ import annotations

import pytest

from tests.support.gateway import Gateway, comment
from tests.support.ledger import add_effect

ACCOUNT = "account:instagram/demo"
GENTLE = {
    "rules": [{"action": "comment", "window_s": 3600, "max": 1}],
    "spacing_s": [60, 180],
    "quiet": {"from": "21:00", "to": "00:00", "zone": "Europe/Berlin"},
}


def get(gateway: Gateway, scope: str = ACCOUNT):
    return gateway.http.get("/api/limits", params={"scope": scope})


def put(gateway: Gateway, body: dict, scope: str = ACCOUNT):
    return gateway.http.put("/api/limits", params={"scope": scope}, json=body)


def closed(gateway: Gateway, task: dict) -> dict:
    gates = gateway.http.get(f"/api/scheduler/task/{task['id']}/explain").json()["gates"]
    return {gate["gate"]: gate for gate in gates if not gate["open"]}


def test_a_practice_account_has_no_limits_until_somebody_sets_them(gateway: Gateway):
    assert get(gateway).json() == {
        "scope": ACCOUNT,
        "is_default": True,
        "rules": [],
        "spacing_s": None,
        "spacing": [],
        "quiet": None,
    }
    assert put(gateway, GENTLE).status_code == 200
    shown = get(gateway).json()
    assert shown["is_default"] is False
    assert shown["rules"] == [
        {"action": "comment", "window_s": 3600, "max": 1, "used": 0, "next_free_at": None, "reason": ""}
    ]
    assert (shown["spacing_s"], shown["quiet"]) == ([60, 180], GENTLE["quiet"])
    assert next(gateway.events(after=0, types="limits.changed"))["data"]["limits"]["spacing"] == [
        {"action": "*", "min_s": 60.0, "max_s": 180.0}
    ]


def test_a_real_account_has_the_defaults_of_its_platform(gateway: Gateway):
    gateway.query("UPDATE accounts SET practice = false")
    shown = get(gateway).json()
    assert shown["is_default"] is True
    assert {(r["action"], r["window_s"], r["max"]) for r in shown["rules"]} == {
        ("dm", 3600, 10),
        ("dm", 86400, 30),
        ("comment", 3600, 5),
        ("comment", 86400, 15),
    }
    assert shown["quiet"] == {"from": "21:00", "to": "09:00", "zone": None}
    persona = gateway.query("SELECT persona_id FROM accounts LIMIT 1")[0]["persona_id"]
    assert [r["max"] for r in get(gateway, f"persona:{persona}").json()["rules"]] == [30, 150]


def test_what_is_used_is_counted_from_the_ledger_and_explains_the_wait(gateway: Gateway):
    put(gateway, {"rules": GENTLE["rules"]})
    first, second = gateway.submit(comment(gateway.settings)), gateway.submit(comment(gateway.settings, text="Another."))
    with gateway.owner() as connection:
        add_effect(connection, first["id"], "confirmed", "1")
        connection.execute("UPDATE effects SET settled_at = now() - interval '20 minutes'")
    shown = get(gateway).json()["rules"][0]
    gate = closed(gateway, second)["budgets"]
    assert (shown["used"], gate["reason"]) == (1, "1 of 1 comment actions within 1 h are used")
    assert (gate["until"], gate["reason"]) == (shown["next_free_at"], shown["reason"])
    put(gateway, {"rules": []})
    assert "budgets" not in closed(gateway, second)


@pytest.mark.parametrize("scope", ["workspace", "platform:instagram"])
def test_wider_scopes_have_limits_too(gateway: Gateway, scope: str):
    assert put(gateway, {"rules": [{"action": "*", "window_s": 60, "max": 0}]}, scope).status_code == 200
    gate = closed(gateway, gateway.submit(comment(gateway.settings)))["budgets"]
    assert gate["reason"] == "a limit of 0 lets no actions through until somebody changes it"


@pytest.mark.parametrize("how", ["counted", "parked"])
def test_a_limit_of_nothing_never_opens_by_itself_and_says_so(gateway: Gateway, how: str):
    said = "a limit of 0 lets no comment actions through until somebody changes it"
    rules = [{"action": "comment", "window_s": 3600, "max": 0}]
    assert put(gateway, {"rules": rules}).json()["rules"] == [rules[0] | {"used": 0, "next_free_at": None, "reason": said}]
    task = gateway.submit(comment(gateway.settings))
    if how == "parked":  # as the scheduler keeps it once one task has met the limit
        account = gateway.query("SELECT id FROM accounts WHERE platform = 'instagram'")[0]["id"]
        gateway.query(
            "INSERT INTO scopes (workspace_id, key, gate, reason, opens_at)"
            " SELECT workspace_id, %(key)s, 'budgets', %(said)s, NULL FROM accounts WHERE id = %(id)s",
            key=f"account:{account}#comment",
            id=account,
            said=said,
        )

        waits = gateway.http.get(f"/api/scheduler/task/{task['id']}").json()["waiting_for"]
        assert {"gate": "budgets", "reason": said, "until": None} in waits

    assert closed(gateway, task)["budgets"] == {"gate": "budgets", "open": False, "reason": said, "until": None}
    put(gateway, {"rules": []})
    assert "budgets" not in closed(gateway, task)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": [{"action": "dm", "window_s": 59, "max": 1}]}, "rules"),
        ({"rules": [{"action": "dm", "window_s": 3600, "max": -1}]}, "rules"),
        ({"rules": GENTLE["rules"] * 21}, "rules"),
        ({"spacing_s": [60]}, "spacing_s"),
        ({"spacing_s": [-1, 5]}, "spacing_s"),
        ({"quiet": {"from": "24:00", "to": "09:00"}}, "quiet"),
        ({"quota": 3}, "quota"),
    ],
)
def test_limits_out_of_bounds_are_refused_and_nothing_changes(module_gateway: Gateway, body: dict, field: str):
    answer = put(module_gateway, body)
    assert answer.status_code == 422
    assert field in answer.text
    assert get(module_gateway).json()["is_default"] is True


def test_an_unknown_time_zone_is_named(module_gateway: Gateway):
    answer = put(module_gateway, {"quiet": {"from": "21:00", "to": "09:00", "zone": "Mars/Olympus"}})
    assert (answer.status_code, "Mars/Olympus" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("account:instagram/nobody", 404),
        ("account:00000000-0000-7000-8000-00000000dead", 404),
        ("persona:00000000-0000-7000-8000-00000000dead", 404),
        ("everything", 422),
        ("persona:me", 422),
    ],
)
def test_a_scope_that_is_not_there_is_named(module_gateway: Gateway, scope: str, status: int):
    assert get(module_gateway, scope).status_code == status
    assert put(module_gateway, {}, scope).status_code == status


def test_the_kill_switch_holds_everything_outward_and_nothing_else(gateway: Gateway):
    outward, inward = gateway.submit(comment(gateway.settings)), gateway.submit()
    assert gateway.post("/api/system/kill-switch", {"on": True}).json() == {"on": True}
    assert "kill switch" in closed(gateway, outward)["system"]["reason"]
    assert "system" not in closed(gateway, inward)
    # Whoever opens what was paused does not open this.
    gateway.post("/api/scheduler/resume", {"scope": "all"})
    assert "system" in closed(gateway, outward)
    assert gateway.post("/api/system/kill-switch", {"on": False}).json() == {"on": False}
    assert "system" not in closed(gateway, outward)
    assert gateway.post("/api/system/kill-switch", {"on": "yes"}).status_code == 422


def test_consent_is_given_for_one_rule_and_taken_back(gateway: Gateway):
    path = "/api/accounts/instagram/demo/consent"
    assert gateway.http.get(path).json()["policy"] == "allowed"
    gateway.query("UPDATE accounts SET practice = false")
    task = gateway.submit(comment(gateway.settings))
    asked = gateway.http.get(path).json()
    assert (asked["policy"], asked["accepted"]) == ("needs_consent", False)
    assert asked["rule"] in closed(gateway, task)["policy"]["reason"]
    assert gateway.post(path, {"accept": True}).json()["accepted"] is True
    assert "policy" not in closed(gateway, task)
    assert gateway.post(path, {"accept": False}).json()["accepted"] is False
    assert "policy" in closed(gateway, task)
    assert gateway.post("/api/accounts/instagram/nobody/consent", {"accept": True}).status_code == 404
