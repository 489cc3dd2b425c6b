"""Does a reference name one field of a task's own dependency, and nothing more?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ContentRejected, Invalid
from shared.task_types.payload.reference import Outcome, Reference, as_stored, bind, references_in, resolve, whole_references
from shared.task_types.payload.value_types import kind_of

ONE, TWO = UUID(int=1), UUID(int=2)
NAMES = {"#0": ONE, str(TWO): TWO}


ANY = frozenset({"string", "integer", "number", "boolean", "array", "object"})


def text(value: str) -> dict[str, Any]:
    return {"text": value}


def done(result: Any) -> Outcome:
    return Outcome("completed", result)


def test_a_reference_is_bound_to_its_task_and_filled_with_its_result():
    stored = bind(text("See {{ tasks.#0.result.external_url }} and {{tasks.%s.result.proof.url}}!" % TWO), NAMES, "payload")  # noqa: UP031 - braces
    assert stored["text"] == f"See {{{{ tasks.{ONE}.result.external_url }}}} and {{{{ tasks.{TWO}.result.proof.url }}}}!"
    assert references_in(stored) == [
        Reference(("text",), ONE, ("result", "external_url"), whole=False),
        Reference(("text",), TWO, ("result", "proof", "url"), whole=False),
    ]
    results = {ONE: done({"external_url": "http://x/1"}), TWO: done({"proof": {"url": "/p"}})}
    assert resolve(stored, results) == text("See http://x/1 and /p!")


@pytest.mark.parametrize(
    "wrong",
    [
        "{{ tasks.#1.result.id }}",
        "{{ tasks.00000000-0000-0000-0000-000000000009.result.id }}",
        "{{ tasks.#0.payload.text }}",
        "{{ tasks.#0.result }}",
        "{{ tasks.#0.result.__class__ }}",
        "{{ tasks.#0.result.a.b.c.d.e.f.g }}",
        "{{ tasks.#0.result.0 }}",
        "{{ tasks.#0.result.a.01 }}",
        "{{ tasks.#0.status.a }}",
        "{{ tasks.#0.result.a | upper }}",
        "{{ secret }}",
        "{{",
        "{{ tasks.#0.result.a }} {{ tasks.#0.result.",
        " ".join(["{{ tasks.#0.result.a }}"] * 21),
    ],
)
def test_anything_else_is_refused_and_its_field_named(wrong: str):
    with pytest.raises(Invalid) as caught:
        bind({"parts": [{"text": wrong}]}, NAMES, "tasks[3].payload")
    assert caught.value.field == "tasks[3].payload.parts[0].text"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (r"\{{ name }}", "{{ name }}"),
        (r"\{{\{{", "{{{{"),
        (r"a \{{ tasks.#0.result.a }}", "a {{ tasks.#0.result.a }}"),
        (rf"\{{{{ tasks.{TWO}.result.a }}}}", f"{{{{ tasks.{TWO}.result.a }}}}"),
    ],
)
def test_an_escaped_sign_is_written_and_waits_for_nothing(written: str, says: str):
    assert as_stored(text(written), NAMES, "payload") == (text(says), False)


def test_an_escaped_sign_beside_a_reference_is_written_when_that_is_filled():
    stored, waits = as_stored(text(r"\{{ x }} {{ tasks.#0.result.a }} \{{"), NAMES, "payload")
    assert waits
    assert resolve(stored, {ONE: done({"a": r"\{{"})}) == text(r"{{ x }} \{{ {{")


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (None, "reference_missing"),
        ({}, "reference_missing"),
        ({"a": None}, "reference_missing"),
        ({"a": ""}, "reference_missing"),
        ({"a": {"b": 1}}, "reference_missing"),
        ({"a": [1]}, "reference_missing"),
        ({"a": "x" * 2001}, "reference_too_long"),
    ],
)
def test_what_is_not_there_or_no_short_text_fails_for_good(result: Any, code: str):
    stored = bind(text("{{ tasks.#0.result.a }}"), NAMES, "payload")
    with pytest.raises(ContentRejected) as caught:
        resolve(stored, {ONE: done(result)})
    assert caught.value.code == code


@pytest.mark.parametrize(("value", "said"), [(7, "7"), (1.5, "1.5"), (True, "true"), ("{{ x }}", "{{ x }}")])
def test_numbers_and_truth_become_text_and_text_is_never_read_again(value: Any, said: str):
    stored = bind(text("{{ tasks.#0.result.a }}"), NAMES, "payload")
    assert resolve(stored, {ONE: done({"a": value})}) == text(said)


def test_a_result_that_looks_like_a_reference_stays_as_it_is():
    stored = bind(text("{{ tasks.#0.result.a }}"), NAMES, "payload")
    sly = f"{{{{ tasks.{TWO}.result.a }}}}"
    assert resolve(stored, {ONE: done({"a": sly}), TWO: done({"a": "secret"})}) == text(sly)


@pytest.mark.parametrize("value", [7, 1.5, True, False, [1, "a"], {"b": [1]}, [], 0])
def test_a_whole_field_keeps_the_type_of_its_value(value: Any):
    stored = bind({"one": "{{ tasks.#0.result.a }}", "many": ["{{ tasks.#0.result.a }}", "x"]}, NAMES, "payload")
    assert resolve(stored, {ONE: done({"a": value})}, lambda _: ANY) == {"one": value, "many": [value, "x"]}


@pytest.mark.parametrize("value", [7, 1.5, True])
def test_where_text_alone_is_taken_a_whole_field_is_text(value: Any):
    stored = bind(text("{{ tasks.#0.result.a }}"), NAMES, "payload")
    filled = resolve(stored, {ONE: done({"a": value})}, lambda _: frozenset({"string", "array"}))
    assert kind_of(filled["text"]) == "string"


def test_items_of_lists_go_by_number_and_one_that_is_not_there_is_missing():
    stored = bind(text("{{ tasks.#0.result.posts.1.url }}"), NAMES, "payload")
    assert resolve(stored, {ONE: done({"posts": [{"url": "a"}, {"url": "b"}]})}) == text("b")
    with pytest.raises(ContentRejected):
        resolve(stored, {ONE: done({"posts": [{"url": "a"}]})})


def test_an_outcome_is_read_whatever_it_was():
    stored = bind(text("It {{ tasks.#0.status }}."), NAMES, "payload")
    assert resolve(stored, {ONE: Outcome("failed")}) == text("It failed.")


def test_a_list_of_more_than_64_kib_is_too_long():
    stored = bind({"many": "{{ tasks.#0.result.a }}"}, NAMES, "payload")
    with pytest.raises(ContentRejected) as caught:
        resolve(stored, {ONE: done({"a": ["x" * 1_000] * 70})}, lambda _: ANY)
    assert caught.value.code == "reference_too_long"


def test_whole_references_are_found_by_their_place_and_no_deeper_than_payloads_go():
    whole = "{{ tasks.#0.result.a }}"
    said: Any = {"a": whole, "b": [1, {"c": whole}], "d": f"{whole} ", "e": r"\{{"}
    assert whole_references(said) == {("a",): whole, ("b", 1, "c"): whole}
    deep: Any = whole
    for _ in range(10_000):
        deep = [deep]
    assert whole_references({"a": deep}) == {}


@given(
    st.recursive(st.text() | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_a_payload_without_braces_is_left_as_it_is(value: Any):
    payload = {"value": value}
    if "{{" not in str(value):
        assert bind(payload, {}, "payload") == payload == resolve(payload, {})
