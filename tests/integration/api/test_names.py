"""Is a name that does not exist refused wherever one is said, and answered with what there is?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.test_bad_input import UNKNOWN, refused
from tests.support.gateway import PROBE, Gateway, new_workspace

PAUSE, RESUME, LIMITS, LIST = "/api/scheduler/pause", "/api/scheduler/resume", "/api/limits", "/api/do-not-contact"
PLATFORMS = "instagram, openai_videos, runway, sora, threads, tiktok, x"
RULE = {"window_s": 3600, "max": 0}


@pytest.fixture
def here(module_gateway: Gateway):
    before = module_gateway.stored()
    yield module_gateway
    assert module_gateway.stored() == before


@pytest.mark.parametrize("path", [PAUSE, RESUME])
@pytest.mark.parametrize(
    ("scope", "there"),
    [
        ("platform:thread", PLATFORMS),
        ("platform:instagrm", PLATFORMS),
        ("platform:*", PLATFORMS),
        ("platform:facebook", PLATFORMS),
        ("lane:chromium.local.instagrm", "chromium.local.instagram"),
        ("lane:chromium.nowhere.instagram", "chromium.local.instagram"),
        ("lane:chromium.local", "system"),
        ("lane:safari.nowhere", "system"),
        ("lane:api.instagrm", "api.runway"),
        ("lane:sytem", "system"),
        ("account:thread/demo", PLATFORMS),
        ("account:instagram/dem", "instagram/dem"),
    ],
)
def test_a_scope_that_does_not_exist_holds_nothing_and_says_so(here: Gateway, path: str, scope: str, there: str):
    assert there in refused(here.post(path, {"scope": scope}), 404, "scope")["detail"]


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("platform:Threads", "platform:threads"),
        ("platform:twitter", "platform:x"),
        ("platform:TWITTER", "platform:x"),
        ("platform:\u200ethreads", "platform:threads"),
        ("lane:Chromium.local.Instagram", "lane:chromium.local.instagram"),
        ("lane:SYSTEM", "lane:system"),
    ],
)
def test_a_scope_is_read_as_people_write_it(gateway: Gateway, scope: str, key: str):
    assert gateway.post(PAUSE, {"scope": scope}).status_code == 200
    assert [row["key"] for row in gateway.query("SELECT key FROM scopes")] == [key]
    assert gateway.post(RESUME, {"scope": scope}).status_code == 200
    assert gateway.query("SELECT key FROM scopes") == []


@pytest.mark.parametrize("action", ["coments", "message", "like", "all", "comment dm", "DM!", "**"])
def test_a_limit_on_an_action_that_does_not_exist_is_refused(here: Gateway, action: str):
    body = {"rules": [{"action": "comment"} | RULE, {"action": action} | RULE]}
    answer = refused(here.http.put(LIMITS, params={"scope": "workspace"}, json=body), 404, "rules[1].action")
    assert "comment, create, dm, and * for any" in answer["detail"]


@pytest.mark.parametrize("scope", ["platform:threds", "platform:workspace", "account:threds/demo"])
def test_limits_of_a_scope_that_does_not_exist_are_neither_set_nor_shown(here: Gateway, scope: str):
    assert PLATFORMS in refused(here.http.put(LIMITS, params={"scope": scope}, json={"rules": []}), 404, "scope")["detail"]
    refused(here.http.get(LIMITS, params={"scope": scope}), 404, "scope")


def test_a_limit_is_set_by_names_as_people_write_them(gateway: Gateway):
    body = {"rules": [{"action": "Comment"} | RULE]}
    assert gateway.http.put(LIMITS, params={"scope": "platform:Twitter"}, json=body).status_code == 200
    (rule,) = gateway.http.get(LIMITS, params={"scope": "platform:x"}).json()["rules"]
    assert rule["action"] == "comment"


@pytest.mark.parametrize("platform", ["facebook", "instagrm", "threads2", "", "*", "X (Twitter)"])
def test_a_platform_that_does_not_exist_is_not_taken_on_the_list(here: Gateway, platform: str):
    entry = {"name": "someone", "platform": platform}
    assert PLATFORMS in refused(here.post(LIST, entry), 404, "platform")["errors"][0]["message"]
    refused(here.post(f"{LIST}/import", {"entries": [{"name": "a"}, entry]}), 404, "entries[1].platform")
    if platform:
        answer = refused(here.post(f"{LIST}/import", {"csv": f"name,platform\nb,x\nsomeone,{platform}\n"}), 409, "line 3")
        assert PLATFORMS in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("csv", "platforms"),
    [
        ("name,platform\nA,Instagram\nB,instagram\n", ["instagram", "instagram"]),
        ("Name,Platform\nA,TikTok\n", ["tiktok"]),
        ("\ufeffname;platform;reason\nA;Twitter;asked\n", ["x"]),
        ("name\tplatform\r\nA\t THREADS \r\n", ["threads"]),
        ("NAME,platform\nA,\u200eInstagram\u200f\n", ["instagram"]),
        ("kind,name\nHandle,A\n", [None]),
        ("name\n\nA\n", [None]),
    ],
)
def test_a_csv_is_read_as_people_write_it(gateway: Gateway, csv: str, platforms: list[str | None]):
    answer = gateway.post(f"{LIST}/import", {"csv": csv})
    assert answer.json() == {"added": len(platforms), "known": 0}
    assert sorted(one["platform"] or "" for one in gateway.http.get(LIST).json()["items"]) == [
        one or "" for one in platforms
    ]


@pytest.mark.parametrize(
    ("csv", "said"),
    [
        ("name,plattform\nA,x\n", "There is no column 'plattform'; columns are kind, name, platform, persona_id, reason."),
        ("name,name\nA,B\n", "The column name stands twice."),
        ("name,Name\nA,B\n", "The column name stands twice."),
        ("platform\nx\n", "`name` must be there"),
        ("name,\nA,B\n", "There is no column ''"),
        ("handle\nA\n", "There is no column 'handle'"),
        ("name,platform\nA,x,y\n", "more cells than the first"),
        ("kind,name\nperson,A\n", "kind is handle or domain"),
    ],
)
def test_a_csv_that_names_what_does_not_exist_is_refused(here: Gateway, csv: str, said: str):
    answer = here.post(f"{LIST}/import", {"csv": csv})
    assert answer.status_code == 409
    assert said in " ".join(error["message"] for error in answer.json()["errors"])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/scheduler/queue", {"platform": "facebook"}),
        ("/api/scheduler/queue", {"type": "coment"}),
        ("/api/scheduler/queue", {"account": "dem"}),
        ("/api/scheduler/queue", {"lane": "chromium.local.instagrm"}),
        ("/api/scheduler/queue", {"lane": "sytem"}),
        ("/api/dead-letters", {"account": "dem"}),
        ("/api/effects", {"account": "dem"}),
        ("/api/interactions", {"account": "dem"}),
        ("/api/dm/instagram/conversations", {"account": "dem"}),
        ("/api/dead-letters", {"platform": "facebook"}),
        ("/api/dead-letters", {"type": "coment"}),
        ("/api/interactions", {"platform": "facebook"}),
        ("/api/dm/facebook/conversations", {}),
        ("/api/accounts/facebook/demo", {}),
        ("/api/audit", {"actor": "nobody"}),
        ("/api/audit", {"action": "webhook"}),
        ("/api/audit", {"action": "webhooks.delete"}),
        ("/api/audit", {"action": "tasks.approve"}),
        ("/api/audit/export", {"actor": "nobody"}),
        ("/api/audit/export", {"action": "webhook.deleted"}),
    ],
)
def test_a_list_of_what_does_not_exist_is_not_an_empty_one(here: Gateway, path: str, query: dict[str, str]):
    field = next(iter(query), "platform")
    assert "there are" in refused(here.http.get(path, params=query), 404, field)["detail"]


@pytest.mark.parametrize("path", ["/api/audit", "/api/audit/export"])
@pytest.mark.parametrize(
    ("query", "plain"),
    [
        ({"actor": "Local Owner"}, {"actor": "local owner"}),
        ({"actor": "local owner\u200b "}, {"actor": "local owner"}),
        ({"action": "Api_Keys "}, {"action": "api_keys"}),
        ({"action": "API_KEYS.Created\u200b"}, {"action": "api_keys.created"}),
    ],
)
def test_the_audit_log_is_asked_as_people_write_names(
    gateway: Gateway, path: str, query: dict[str, str], plain: dict[str, str]
):
    gateway.post("/api/keys", {"name": "night shift", "scopes": ["read"]})
    said = gateway.http.get(path, params=query)
    assert (said.status_code, said.text) == (200, gateway.http.get(path, params=plain).text)
    assert "night shift" in said.text


def test_a_key_that_has_done_nothing_yet_is_an_actor_nonetheless(gateway: Gateway):
    gateway.post("/api/keys", {"name": "night shift", "scopes": ["read"]})
    assert gateway.http.get("/api/audit", params={"actor": "Night Shift"}).json()["items"] == []


def test_the_children_of_a_task_that_does_not_exist_are_no_empty_list(gateway: Gateway):
    task = gateway.submit(PROBE)
    assert gateway.http.get("/api/scheduler/queue", params={"parent_id": task["id"]}).json()["items"] == []
    refused(gateway.http.get("/api/scheduler/queue", params={"parent_id": UNKNOWN}), 404, "parent_id")
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    refused(theirs.get("/api/scheduler/queue", params={"parent_id": task["id"]}), 404, "parent_id")


@pytest.mark.parametrize("lane", ["chromium.local.instagrm", "api.instagram", "api.nowhere", "safari.attic", "sytem"])
def test_a_probe_of_a_lane_that_does_not_exist_is_answered_with_those_that_do(here: Gateway, lane: str):
    body: dict[str, Any] = PROBE | {"payload": {"lane": lane}}
    assert "chromium.local.instagram" in refused(here.post("/api/scheduler/task", body), 404, "payload.lane")["detail"]


FILM: dict[str, Any] = {"account": "demo", "payload": {"prompt": "A lighthouse at dawn."}}


@pytest.mark.parametrize("more", [{}, {"platform": "sora"}, {"platform": "Sora"}])
def test_a_maker_in_the_place_of_a_type_is_a_video_there(gateway: Gateway, more: dict[str, Any]):
    order = FILM | {"type": "sora"} | more
    task = gateway.submit(order)
    assert (task["type"], task["platform"]) == ("video", "sora")
    [stored] = gateway.post("/api/scheduler/tasks", {"tasks": [order]}).json()["ids"]
    assert gateway.http.get(f"/api/scheduler/task/{stored}").json()["type"] == "video"


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (FILM | {"type": "sora", "platform": "runway"}, "task"),
        (FILM | {"type": "instagram"}, "type"),
        (FILM | {"type": "nowhere"}, "type"),
        (FILM | {"type": "sora", "colour": "blue"}, "colour"),
        (FILM | {"type": "sora", "payload": {}}, "payload.prompt"),
    ],
)
def test_what_is_no_type_or_is_wrong_beside_a_maker_is_refused(here: Gateway, order: dict[str, Any], field: str):
    answer = here.post("/api/scheduler/task", order)
    assert answer.status_code == 422
    assert field == "task" or field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("maker", ["nope", "instagram"])
def test_a_maker_that_makes_nothing_is_refused_when_it_is_ordered(here: Gateway, maker: str):
    payload = FILM["payload"] | {"makers": ["runway", maker]}
    problem = refused(
        here.post("/api/scheduler/task", FILM | {"type": "sora", "payload": payload}), 404, "payload.makers[1]"
    )
    assert problem["detail"] == f"There is no maker {maker!r}; there are openai_videos, runway, sora."


@pytest.mark.parametrize("path", ["/api/scheduler/queue", "/api/effects", "/api/interactions", "/api/dead-letters"])
@pytest.mark.parametrize("account", ["demo", "@demo", "Demo", "DEMO"])
def test_a_list_is_narrowed_down_by_an_account_as_people_write_it(here: Gateway, path: str, account: str):
    assert here.http.get(path, params={"account": account}).status_code == 200


def test_a_list_narrowed_down_in_other_letters_is_the_same(gateway: Gateway):
    task = gateway.submit(PROBE)
    for lane in ("system", "SYSTEM"):
        answer = gateway.http.get("/api/scheduler/queue", params={"lane": lane}).json()
        assert [one["id"] for one in answer["items"]] == [task["id"]]
