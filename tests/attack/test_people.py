"""What can somebody become who has a key, an invitation or a password of somebody's?"""

from __future__ import annotations

import httpx
import pytest

from tests.support.gateway import Gateway, new_workspace
from tests.support.people import log_in, signed_in

OWN = "a password of the attacker"
REAL = "three herons on a fence by night"


def _accept(gateway: Gateway, token: str, password: str) -> httpx.Response:
    return gateway.post("/api/invitations/accept", {"token": token, "password": password}, Authorization="")


@pytest.mark.parametrize("role", ["owner", "approver", "editor", "viewer"])
def test_a_key_that_manages_invites_nobody_who_may_more_than_itself(gateway: Gateway, role: str):
    key = gateway.with_key(new_workspace(gateway.settings, "local", ("manage",)))
    answer = key.post("/api/invitations", json={"email": "accomplice@example.org", "role": role})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "role"), answer.text


def test_a_key_that_manages_makes_no_member_an_owner(gateway: Gateway):
    accomplice = signed_in(gateway, "accomplice@example.org", "local", "viewer")
    key = gateway.with_key(new_workspace(gateway.settings, "local", ("read", "manage")))
    assert key.patch(f"/api/members/{accomplice.id}", json={"role": "owner"}).status_code == 403
    assert key.patch(f"/api/members/{accomplice.id}", json={"role": "viewer"}).status_code == 200


def test_who_invites_a_stranger_and_accepts_for_them_is_not_the_stranger_elsewhere(gateway: Gateway):
    attacker = gateway.with_key(new_workspace(gateway.settings, "attackers", ("read", "submit", "approve", "manage")))
    body = {"email": "stranger@example.org", "role": "owner"}
    squatted = _accept(gateway, attacker.post("/api/invitations", json=body).json()["token"], OWN)
    assert squatted.status_code == 201
    # The real stranger is invited where they belong, and gets in with a password of their own.
    real = _accept(gateway, gateway.post("/api/invitations", body).json()["token"], REAL)
    assert real.status_code == 201, real.text
    assert real.json()["person_id"] != squatted.json()["person_id"]
    mine = gateway.with_key(log_in(gateway, "stranger@example.org", OWN).json()["access_token"])
    assert [one["name"] for one in mine.get("/api/workspaces").json()["items"]] == ["attackers"]
    theirs = gateway.with_key(log_in(gateway, "stranger@example.org", REAL).json()["access_token"])
    assert [one["name"] for one in theirs.get("/api/workspaces").json()["items"]] == ["local"]


def test_an_invitation_does_not_tell_who_is_known(gateway: Gateway):
    signed_in(gateway, "known@example.org", "theirs")
    for email in ("known@example.org", "unknown@example.org"):
        token = gateway.post("/api/invitations", {"email": email, "role": "viewer"}).json()["token"]
        assert _accept(gateway, token, OWN).status_code == 201
