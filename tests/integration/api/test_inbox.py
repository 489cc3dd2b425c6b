"""Are interactions listed and filtered, and is there one surface for messages on all platforms?"""

from __future__ import annotations

import pytest

from tests.support.gateway import Gateway
from tests.support.ledger import add_effect

MESSAGE = {"account": "demo", "to": "@maple_studio", "text": "Thank you for the talk."}


@pytest.fixture(scope="module")
def house(module_gateway: Gateway) -> Gateway:
    """Three messages and a comment on one platform, a mention on another."""
    names = ("platform", "kind", "external_id", "author", "text")
    rows = (
        ("instagram", "message", "1", "maple_studio", "First."),
        ("instagram", "message", "2", "copper_garden", "Second."),
        ("instagram", "message", "3", "Maple_Studio", "Third."),
        ("instagram", "comment", "4", "velvet_films", "Fourth."),
        ("tiktok", "mention", "5", "maple_studio", "Fifth."),
    )
    for row in rows:
        module_gateway.query(
            "INSERT INTO interactions (id, workspace_id, account_id, platform, kind, external_id, author, text, url)"
            " SELECT uuidv7(), workspace_id, id, platform, %(kind)s, %(external_id)s, %(author)s, %(text)s, 'http://127.0.0.1/'"
            " FROM accounts WHERE platform = %(platform)s",
            **dict(zip(names, row, strict=True)),
        )
    return module_gateway


def texts(house: Gateway, **query: str) -> list[str]:
    return [one["text"] for one in house.http.get("/api/interactions", params=query).json()["items"]]


def test_interactions_are_listed_newest_first_and_filtered(house: Gateway):
    assert texts(house) == ["Fifth.", "Fourth.", "Third.", "Second.", "First."]
    assert texts(house, platform="tiktok") == ["Fifth."]
    assert texts(house, kind="message", author="copper_garden") == ["Second."]
    assert texts(house, platform="instagram", author="@MAPLE_studio") == ["Third.", "First."]
    assert texts(house, account="@Demo") == texts(house)
    assert house.http.get("/api/interactions", params={"account": "nobody"}).status_code == 404
    first = house.http.get("/api/interactions", params={"limit": "2"}).json()
    assert texts(house, cursor=first["next_cursor"]) == ["Third.", "Second.", "First."]
    assert (first["items"][0]["account"], first["items"][0]["at"]) == ("demo", None)


def test_a_message_is_ordered_the_same_way_on_all_platforms(house: Gateway):
    for platform in ("instagram", "tiktok"):
        answer = house.post(f"/api/dm/{platform}/messages", MESSAGE, Idempotency_Key=f"once-{platform}")
        assert answer.status_code == 201
        task = answer.json()
        assert (task["type"], task["platform"], task["payload"]["to"]) == ("dm", platform, "@maple_studio")
        again = house.post(f"/api/dm/{platform}/messages", MESSAGE, Idempotency_Key=f"once-{platform}")
        assert again.json()["id"] == task["id"]
    assert house.post("/api/dm/nowhere/messages", MESSAGE).status_code == 404
    assert house.post("/api/dm/instagram/messages", MESSAGE | {"account": "nobody"}).status_code == 404
    assert house.post("/api/dm/instagram/messages", MESSAGE | {"text": " "}).status_code == 422


def test_conversations_join_what_came_with_what_we_sent(house: Gateway):
    task = house.post("/api/dm/instagram/messages", MESSAGE).json()
    with house.owner() as connection:
        effect = add_effect(connection, task["id"], "confirmed", "77")
    house.query("UPDATE effects SET action = 'dm', target = 'maple_studio' WHERE id = %(id)s", id=effect)

    found = house.http.get("/api/dm/instagram/conversations").json()["items"]

    assert sorted((one["handle"].lower(), one["received"], one["sent"]) for one in found) == [
        ("copper_garden", 1, 0),
        ("maple_studio", 2, 1),
    ]
    first = house.http.get("/api/dm/instagram/conversations", params={"limit": "1"}).json()
    rest = house.http.get("/api/dm/instagram/conversations", params={"cursor": first["next_cursor"]}).json()
    assert [one["handle"] for one in first["items"] + rest["items"]] == [one["handle"] for one in found]
    assert house.http.get("/api/dm/tiktok/conversations").json() == {"items": [], "next_cursor": None}
    assert house.http.get("/api/dm/nowhere/conversations").status_code == 404
