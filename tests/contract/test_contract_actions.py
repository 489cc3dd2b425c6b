"""Does every capability keep the contract: done once, and certain about it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.browser.pages.text import same
from connectors.contract.action import CannotTell
from shared.errors import ContentRejected
from tests.contract.kit import Case, a_text, soon

if TYPE_CHECKING:
    from connectors.contract.action import Receipt

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PNG = b"\x89PNG\r\n\x1a\n"
HOSTILE = {
    "signs": """It's "fine" `here` \\ \\n ${x} {{y}} %s <script>alert(1)</script> <b>bold</b> &amp; </textarea>""",
    "scripts": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 שלום مرحبا Cafe\u0301 A\u030a zero\u200bwidth\u200d \ufeffhere,  two  spaces",
    "words": "Try Again Later. Action Blocked. You are sending messages too fast",
}


async def do(case: Case, text: str) -> Receipt:
    """One whole action, as the engine does it."""
    request = case.request(text)
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        return await case.action.commit(session, request, baseline, soon())


async def test_an_action_arrives_once_and_its_receipt_names_it(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        assert case.arrived(request) == []
        receipt = await case.action.commit(session, request, baseline, soon())
        proof = await case.action.proof(session, receipt)
    [row] = case.arrived(request)
    assert row["id"] == receipt.external_id
    assert row["account"] == case.account.handle
    assert row["target"] == case.target_of(request)
    assert receipt.external_url.startswith(f"{case.account.origin}/")
    assert same(receipt.element, request.text)
    assert proof.startswith(PNG)
    assert case.sandbox.ask(f"/_truth/deduplicated?platform={case.platform}") == []


async def test_verify_finds_it_by_itself_and_not_among_the_known(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        receipt = await case.action.commit(session, request, baseline, soon())
    async with case.pool.session(case.account) as session:
        assert await case.action.verify(session, request, baseline, frozenset()) == receipt
        assert await case.action.verify(session, request, baseline, frozenset({receipt.external_id})) is None
        await session.driver.open(f"{case.account.origin}/")
        assert (await case.action.proof(session, receipt)).startswith(PNG)
    assert len(case.arrived(request)) == 1


async def test_the_same_text_twice_makes_two_effects_that_are_told_apart(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        first_baseline = await case.action.prepare(session, request)
        first = await case.action.commit(session, request, first_baseline, soon())
        baseline = await case.action.prepare(session, request)
        assert baseline.matching_ids == (first.external_id,)
        assert await case.action.verify(session, request, baseline, frozenset()) is None
        baseline = await case.action.prepare(session, request)
        if not case.capability.repeats:
            with pytest.raises(ContentRejected) as caught:
                await case.action.commit(session, request, baseline, soon())
            assert caught.value.code == "duplicate"
            assert len(case.arrived(request)) == 1
            return
        second = await case.action.commit(session, request, baseline, soon())
        assert second.external_id != first.external_id
        with pytest.raises(CannotTell):
            await case.action.verify(session, request, first_baseline, frozenset())
        known = frozenset({second.external_id})
        assert await case.action.verify(session, request, first_baseline, known) == first
    assert len(case.arrived(request)) == 2


async def test_what_the_same_text_made_elsewhere_is_not_taken_for_what_got_lost_here(case: Case) -> None:
    text = a_text()
    here, there = (case.request(text, target=target) for target in case.targets()[:2])
    async with case.pool.session(case.account) as session:
        lost = await case.action.prepare(session, here)
        baseline = await case.action.prepare(session, there)
        sibling = await case.action.commit(session, there, baseline, soon())
        assert await case.action.verify(session, here, lost, frozenset({sibling.external_id})) is None
        if case.capability.shows_target:
            assert await case.action.verify(session, here, lost, frozenset()) is None
    assert [row["target"] for row in case.arrived(here)] == [case.target_of(there)]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_texts_arrive_as_they_are(case: Case, text: str) -> None:
    text = f"{text} {a_text()}"
    if case.problems(case.request(text)):
        pytest.skip("longer than the platform takes")
    receipt = await do(case, text)
    [row] = [row for row in case.sandbox.arrived(case.platform, "") if row["id"] == receipt.external_id]
    assert row["text"] == text
    assert same(receipt.element, text)


async def test_lines_stay_lines(case: Case) -> None:
    text = f"First line\nsecond line\n\nafter a gap\n{a_text()}"
    receipt = await do(case, text)
    [row] = [row for row in case.sandbox.arrived(case.platform, "") if row["id"] == receipt.external_id]
    assert [line for line in row["text"].split("\n") if line] == [line for line in text.split("\n") if line]


async def test_the_longest_text_arrives_and_a_longer_one_can_never_be_sent(case: Case) -> None:
    longest = f"{a_text()} " + "x" * case.capability.max_text
    longest = longest[: case.capability.max_text]
    receipt = await do(case, longest)
    assert same(receipt.element, longest)
    [problem] = case.problems(case.request(longest + "y"))
    assert (problem.code, problem.limit) == ("text_too_long", case.capability.max_text)
