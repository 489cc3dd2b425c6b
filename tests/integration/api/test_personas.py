"""Can people make, change and remove personas, and does a persona with accounts stay?"""

from __future__ import annotations

import pytest

from tests.support.gateway import Gateway

NORD = {
    "name": "Studio Nord",
    "voice": "thoughtful",
    "languages": ["de", "en-GB"],
    "zone": "Europe/Berlin",
    "disclosure": "Written with the help of AI.",
}


def test_a_persona_is_made_shown_changed_and_removed_each_with_its_event(gateway: Gateway):
    made = gateway.post("/api/personas", NORD)
    assert made.status_code == 201, made.text
    persona = made.json()
    assert {name: persona[name] for name in NORD} == NORD
    assert (persona["accounts"], persona["limits"]) == ([], f"/api/limits?scope=persona:{persona['id']}")
    address = f"/api/personas/{persona['id']}"
    changed = gateway.http.patch(address, json={"voice": "dry, short, never sells", "zone": "Asia/Tokyo"}).json()
    assert (changed["voice"], changed["zone"], changed["name"]) == ("dry, short, never sells", "Asia/Tokyo", "Studio Nord")
    assert gateway.http.get(address).json() == changed
    assert gateway.http.delete(address).json() == changed
    assert gateway.http.get(address).status_code == 404
    events = gateway.events(after=0, types=["persona.created", "persona.changed", "persona.deleted"])
    assert [next(events)["type"] for _ in range(3)] == ["persona.created", "persona.changed", "persona.deleted"]


def test_personas_are_listed_newest_first_and_page_by_page(gateway: Gateway):
    for name in ("a", "b", "c"):
        gateway.post("/api/personas", {"name": name})
    first = gateway.http.get("/api/personas", params={"limit": 2}).json()
    assert [item["name"] for item in first["items"]] == ["c", "b"]
    rest = gateway.http.get("/api/personas", params={"cursor": first["next_cursor"]}).json()
    assert [item["name"] for item in rest["items"]] == ["a", "demo"]
    assert rest["items"][1]["accounts"] == ["instagram/demo", "sora/demo", "tiktok/demo"]


def test_a_persona_that_owns_accounts_is_not_removed_and_the_answer_names_them(gateway: Gateway):
    demo = gateway.http.get("/api/personas").json()["items"][0]
    answer = gateway.http.delete(f"/api/personas/{demo['id']}")
    assert answer.status_code == 409
    assert "instagram/demo, sora/demo, tiktok/demo" in answer.json()["detail"]


def test_two_personas_are_never_called_the_same(gateway: Gateway):
    other = gateway.post("/api/personas", NORD).json()
    assert gateway.post("/api/personas", NORD).json()["code"] == "name_taken"
    assert gateway.http.patch(f"/api/personas/{other['id']}", json={"name": "demo"}).json()["code"] == "name_taken"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"zone": "Mars/Olympus"}, 404),
        ({"languages": ["german!"]}, 422),
        ({"voice": ""}, 422),
        ({"disclosure": "x" * 501}, 422),
        ({"languages": ["de"] * 21}, 422),
    ],
)
def test_what_is_no_persona_is_refused(gateway: Gateway, wrong: dict, status: int):
    assert gateway.post("/api/personas", NORD | wrong).status_code == status


def test_removing_a_persona_removes_its_limits(gateway: Gateway):
    persona = gateway.post("/api/personas", NORD).json()
    quiet = {"quiet": {"from": "21:00", "to": "09:00"}}
    assert gateway.http.put(persona["limits"], json=quiet).status_code == 200
    gateway.http.delete(f"/api/personas/{persona['id']}")
    assert gateway.query("SELECT 1 FROM limits") == []
