"""Do references keep their types through a chain of tasks, and are they looked at when the graph is stored?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field, ValidationError

from shared.errors import ContentRejected, Invalid
from shared.task_types.comment import SPEC as COMMENT
from shared.task_types.comment_run import SPEC as COMMENT_RUN
from shared.task_types.discovery import SPEC as DISCOVERY
from shared.task_types.dm import SPEC as DM
from shared.task_types.payload.reference import Outcome
from shared.task_types.payload.referring import read_referring
from shared.task_types.spec import AnySpec, Payload, Result, TaskSpec
from shared.task_types.video import SPEC as VIDEO
from shared.tasks.drafting.references import Named, stored_payload
from shared.tasks.fill_in import filled_payload

FIRST = UUID(int=1)


class LinkPayload(Payload):
    """What one link hands on."""

    media: UUID
    media_list: list[UUID] = Field(min_length=1)
    seconds: Annotated[float, Field(strict=True, gt=0)]
    count: Annotated[int, Field(strict=True, ge=1)]
    title: str = "none"


class LinkResult(Result):
    """What one link answers."""

    media: UUID
    media_list: list[UUID]
    seconds: float
    count: int
    note: str | None = None


LINK: AnySpec = TaskSpec("link", 1, LinkPayload, LinkResult, "media", 10)


def stored(spec: AnySpec, said: dict[str, Any], of: str) -> dict[str, Any]:
    return stored_payload(spec, read_referring(spec.payload, said), {"#0": Named(FIRST, of)}, "payload")[0]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(stored_payload.__globals__["TASK_TYPES"], "link", LINK)


def reference(path: str, task: str = "#0") -> str:
    return f"{{{{ tasks.{task}.{path} }}}}"


def test_a_chain_of_five_tasks_carries_an_id_a_list_and_a_number():
    ids = [UUID(int=number) for number in range(1, 6)]
    began = LinkPayload(media=UUID(int=77), media_list=[UUID(int=78), UUID(int=79)], seconds=7.25, count=3)
    result = LinkResult(**began.model_dump()).model_dump(mode="json")
    for before in ids[:-1]:
        said = {name: reference(f"result.{name}") for name in ("media", "seconds", "count")}
        said["media_list"] = [reference("result.media_list.1"), reference("result.media")]
        payload = read_referring(LinkPayload, said | {"title": f"{reference('result.count')} of {reference('status')}"})
        kept, waits = stored_payload(LINK, payload, {"#0": Named(before, "link")}, "payload")
        assert waits
        kept = json.loads(json.dumps(kept))
        filled = filled_payload(LINK, kept, {before: Outcome("completed", json.loads(json.dumps(result)))})
        assert isinstance(filled, LinkPayload)
        assert (filled.media, filled.seconds, filled.count) == (began.media, 7.25, 3)
        assert filled.media_list == [UUID(result["media_list"][1]), began.media]
        assert filled.title == "3 of completed"
        result = LinkResult(**filled.model_dump()).model_dump(mode="json")


@pytest.mark.parametrize(
    ("spec", "said", "of"),
    [
        (DISCOVERY, {"query": "x", "limit": reference("result.found")}, "comment_run"),
        (DISCOVERY, {"query": reference("result.posts.0.author")}, "discovery"),
        (DISCOVERY, {"query": reference("status")}, "probe"),
        (COMMENT, {"post_url": reference("result.posts.3.url"), "text": "Nice."}, "discovery"),
        (COMMENT, {"post_url": reference("result.external_url"), "text": f"{reference('result.seconds')} s"}, "video"),
        (COMMENT_RUN, {"query": "x", "texts": [reference("result.posts.0.text"), "Fine."]}, "discovery"),
        (COMMENT_RUN, {"query": "x", "texts": ["a"], "count": reference("result.posts.0.likes")}, "discovery"),
        (COMMENT_RUN, {"query": "x", "texts": ["a"], "wanted": {"per_author": reference("result.pid")}}, "probe"),
        (VIDEO, {"prompt": "x", "seconds": reference("result.pid")}, "probe"),
    ],
)
def test_what_fits_is_stored_with_its_reference(spec: AnySpec, said: dict[str, Any], of: str):
    kept = stored(spec, said, of)
    assert json.dumps(said).replace("#0", str(FIRST)) == json.dumps({name: kept[name] for name in said}) or "wanted" in said
    assert str(FIRST) in json.dumps(kept)


@pytest.mark.parametrize(
    ("spec", "said", "of", "code", "field"),
    [
        (DISCOVERY, {"query": "x", "limit": reference("result.complete")}, "discovery", "reference_type", "limit"),
        (DISCOVERY, {"query": "x", "limit": reference("result.posts")}, "discovery", "reference_type", "limit"),
        (DISCOVERY, {"query": "x", "limit": reference("status")}, "discovery", "reference_type", "limit"),
        (DISCOVERY, {"query": reference("result.posts")}, "discovery", "reference_type", "query"),
        (DISCOVERY, {"query": f"a {reference('result.posts.0')}"}, "discovery", "reference_type", "query"),
        (DISCOVERY, {"query": reference("result.nothing")}, "discovery", "reference", "query"),
        (DISCOVERY, {"query": reference("result.posts.0.nothing")}, "discovery", "reference", "query"),
        (DISCOVERY, {"query": reference("result.posts.url")}, "discovery", "reference", "query"),
        (VIDEO, {"prompt": "x", "seconds": reference("result.seconds")}, "video", "reference_type", "seconds"),
        (COMMENT_RUN, {"query": "x", "texts": reference("result.posts")}, "discovery", "reference_type", "texts"),
        (DM, {"to": reference("result.posts.0.author"), "text": "x"}, "discovery", "reference", "to"),
        (VIDEO, {"prompt": "x", "makers": reference("result.posts")}, "discovery", "reference", "makers"),
    ],
)
def test_what_cannot_fit_is_refused_when_it_is_stored(spec: AnySpec, said: dict[str, Any], of: str, code: str, field: str):
    with pytest.raises(Invalid) as caught:
        stored(spec, said, of)
    assert (caught.value.code, caught.value.field) == (code, f"payload.{field}")


def test_beside_a_reference_everything_is_looked_at():
    with pytest.raises(ValidationError) as caught:
        read_referring(DISCOVERY.payload, {"query": "", "limit": reference("result.found"), "wrong": 1})
    assert {fault["loc"] for fault in caught.value.errors()} == {("query",), ("wrong",)}
    with pytest.raises(ValidationError):
        read_referring(DISCOVERY.payload, {"query": "x", "limit": f"1{reference('result.found')}"})


def test_a_value_that_does_not_fit_after_all_fails_the_task_for_good():
    kept = stored(DISCOVERY, {"query": "x", "limit": reference("result.found")}, "comment_run")
    with pytest.raises(ContentRejected) as caught:
        filled_payload(DISCOVERY, kept, {FIRST: Outcome("completed", {"found": 5_000})})
    assert (caught.value.code, "limit" in caught.value.message) == ("reference_invalid", True)


def test_a_type_that_this_version_does_not_know_is_seen_when_it_is_done():
    assert stored_payload(DISCOVERY, read_referring(DISCOVERY.payload, {"query": reference("result.a")}), {
        "#0": Named(FIRST, None)
    }, "payload")[1]  # fmt: skip
    assert replace(LINK, type="x").type == "x"
