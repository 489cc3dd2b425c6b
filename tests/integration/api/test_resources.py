"""Does a person see at once which accounts can act, and what is left of their budgets?"""

from __future__ import annotations

from tests.support.gateway import Gateway, new_workspace


def item(gateway: Gateway, platform: str) -> dict:
    found = gateway.http.get("/api/resources/platforms").json()["items"]
    return next(one for one in found if one["platform"] == platform)


def test_every_account_is_listed_with_its_state_and_its_tightest_budget(gateway: Gateway):
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    gateway.query("UPDATE accounts SET practice = false WHERE platform = 'tiktok'")
    found = gateway.http.get("/api/resources/platforms").json()["items"]

    assert [(one["platform"], one["account"], one["state"]) for one in found] == [
        ("instagram", "demo", "connected"),
        ("sora", "demo", "connected"),
        ("tiktok", "demo", "connected"),
    ]
    assert [(one["used"], one["max"]) for one in found[:2]] == [(None, None), (None, None)]
    assert found[2]["used"] == 0
    assert found[2]["max"] > 0


def test_what_stands_in_an_accounts_way_is_said(gateway: Gateway):
    assert item(gateway, "instagram")["reason"] == "the keeper of host local is silent"
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    gateway.query(
        "INSERT INTO breakers (workspace_id, key, failures, opened, opens_at)"
        " VALUES (%(id)s, 'instagram:chromium:dm', 5, 1, now() + interval '1 minute')",
        id=gateway.workspace_id,
    )
    found = item(gateway, "instagram")
    assert (found["state"], found["reason"]) == ("broken", "dm: 5 failures in a row")
    assert found["until"] is not None
    gateway.post("/api/accounts/instagram/demo/pause")
    assert item(gateway, "instagram")["state"] == "paused"
    assert item(gateway, "tiktok")["state"] == "connected"


def test_nobody_sees_anothers_accounts(gateway: Gateway):
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    assert theirs.get("/api/resources/platforms").json() == {"items": []}
