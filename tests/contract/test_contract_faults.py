"""What does every capability make of trouble: the right class of error, and the right number of effects?"""

from __future__ import annotations

import time

import pytest

from connectors.contract.action import Baseline, NotBegun
from shared.errors import AccountBlocked, ActionRequired, ContentRejected, OutcomeUnknown, RateLimited, UiChanged
from tests.contract.kit import Case, a_text, soon

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AIMED_AT_NOTHING = "a film is aimed at nothing: what is wrong with its format is measured before (test_measure)"
COVER = """() => {
  const cover = document.createElement("div");
  cover.style.cssText = "position:fixed;inset:0;z-index:9999;background:#0008";
  document.body.append(cover);
}"""
SOMEBODY_ELSE = """(ways) => {
  const mine = new URL(locate(ways).element.href).pathname;
  for (const link of document.querySelectorAll("a")) if (link.pathname === mine) link.href = mine.replace("demo", "rival");
}"""


async def test_a_write_without_an_answer_is_unknown_in_time_and_verify_finds_it(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        case.sandbox.arm(case.platform, "timeout_after_write")
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            await case.action.commit(session, request, baseline, soon(end=0.8))
        assert time.monotonic() - began < 10  # it ends by its own bound, not by somebody's patience
    [row] = case.arrived(request)
    async with case.pool.session(case.account) as session:
        receipt = await case.action.verify(session, request, baseline, frozenset())
    assert receipt is not None
    assert receipt.external_id == row["id"]
    assert len(case.arrived(request)) == 1


async def test_a_fault_before_the_write_is_unknown_and_verify_finds_nothing(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        case.sandbox.arm(case.platform, "error_before_write")
        with pytest.raises(OutcomeUnknown):
            await case.action.commit(session, request, baseline, soon(end=3))
        assert await case.action.verify(session, request, baseline, frozenset()) is None
    assert case.arrived(request) == []


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [("rate_limited", RateLimited, "rate_limited"), ("action_blocked", AccountBlocked, "action_blocked")],
)
async def test_a_refusal_after_the_click_is_a_refusal(case: Case, fault: str, error: type[Exception], code: str) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        case.sandbox.arm(case.platform, fault)
        with pytest.raises(error) as caught:
            await case.action.commit(session, request, baseline, soon())
    assert getattr(caught.value, "code", None) == code
    assert case.arrived(request) == []


async def test_a_late_listing_is_unknown_and_found_within_the_declared_delay(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        case.sandbox.arm(case.platform, "listing_delayed", seconds=4.0)
        with pytest.raises(OutcomeUnknown):
            await case.action.commit(session, request, baseline, soon(end=0.5))
        assert await case.action.verify(session, request, baseline, frozenset()) is None
        receipt, ends = None, time.monotonic() + case.capability.visibility_s
        while receipt is None and time.monotonic() < ends:
            receipt = await case.action.verify(session, request, baseline, frozenset())
    assert receipt is not None
    assert [row["id"] for row in case.arrived(request)] == [receipt.external_id]


@pytest.mark.parametrize("code", ["wrong_account", "logged_out", "challenge"])
async def test_a_page_that_needs_a_person_stops_before_anything_is_written(case: Case, code: str) -> None:
    request = case.request(a_text())
    case.sandbox.arm(case.platform, code)
    async with case.pool.session(case.account) as session:
        with pytest.raises(ActionRequired) as caught:
            await case.action.prepare(session, request)
    assert caught.value.code == code
    assert case.arrived(request) == []


async def test_verify_does_not_answer_for_somebody_else(case: Case) -> None:
    for code in ("wrong_account", "logged_out", "challenge"):
        case.sandbox.arm(case.platform, code)
        async with case.pool.session(case.account) as session:
            with pytest.raises(ActionRequired) as caught:
                await case.action.verify(session, case.request(a_text()), Baseline((), None), frozenset())
        assert caught.value.code == code


async def test_another_account_at_the_last_moment_stops_the_click(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        screen = case.action.screen(session)  # type: ignore[attr-defined]
        await session.driver.evaluate(SOMEBODY_ELSE, screen.locator("signed_in").as_json())
        with pytest.raises(ActionRequired) as caught:
            await case.action.commit(session, request, baseline, soon())
    assert caught.value.code == "wrong_account"
    assert case.arrived(request) == []


async def test_a_changed_layout_keeps_its_evidence(case: Case) -> None:
    request = case.request(a_text())
    case.sandbox.arm(case.platform, "layout_changed", seconds=60)
    async with case.pool.session(case.account) as session:
        session.driver.patience = 1.0  # type: ignore[attr-defined]
        with pytest.raises(UiChanged) as caught:
            await case.action.prepare(session, request)
    assert "composer" in caught.value.locator
    assert len(caught.value.evidence["screenshot"]) > 1000
    assert "<main" in caught.value.evidence["html"]
    assert case.arrived(request) == []


async def test_a_slow_site_is_waited_for(case: Case) -> None:
    request = case.request(a_text())
    case.sandbox.arm(case.platform, "slow", seconds=0.3)
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        await case.action.commit(session, request, baseline, soon())
    assert len(case.arrived(request)) == 1


async def test_a_call_that_is_late_is_not_begun(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        for begin in (-1.0, 0.0):
            with pytest.raises(NotBegun):
                await case.action.commit(session, request, baseline, soon(begin=begin))
    assert case.arrived(request) == []


async def test_a_covered_button_is_not_clicked(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        await session.driver.evaluate(COVER)
        with pytest.raises(NotBegun):
            await case.action.commit(session, request, baseline, soon())
    assert case.arrived(request) == []


async def test_targets_elsewhere_are_rejected(case: Case) -> None:
    if case.capability.name == "video":
        pytest.skip(AIMED_AT_NOTHING)
    origin = case.account.origin
    wrong = [
        "https://example.com/p/Cabc/", f"{origin}@example.com/p/Cabc/", f"{origin}.example.com/p/Cabc/",
        f"{origin}/../../_control/reset", f"{origin}/%2e%2e/p/Cabc/", origin, "http://[", "a b", "../demo", "demo",
    ]  # fmt: skip
    async with case.pool.session(case.account) as session:
        for target in wrong:
            with pytest.raises(ContentRejected) as caught:
                await case.action.prepare(session, case.request(a_text(), target=target))
            assert caught.value.code == "wrong_target", target


async def test_a_target_that_is_not_there_is_rejected(case: Case) -> None:
    if case.capability.name == "video":
        pytest.skip(AIMED_AT_NOTHING)
    target = case.targets()[0]
    gone = target.rstrip("/")[:-5] + "00000/" if "/" in target else "nobody_of_this_name"
    async with case.pool.session(case.account) as session:
        with pytest.raises(ContentRejected) as caught:
            await case.action.prepare(session, case.request(a_text(), target=gone))
    assert caught.value.code == "target_missing"


async def test_what_an_abandoned_attempt_typed_does_not_stand_in_the_way(case: Case) -> None:
    left, request = case.request(a_text()), case.request(a_text())
    request = case.request(request.text, target=case.target_of(left))
    async with case.pool.session(case.account) as session:
        await case.action.prepare(session, left)
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        await case.action.commit(session, request, baseline, soon())
    assert case.arrived(left) == []
    assert len(case.arrived(request)) == 1
