"""What does a ledger say: how many credits are left, when more come, and when to look? Unknown is not zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.credits import (
    AFTER_REFRESH,
    IDLE_LOOK,
    UNREAD,
    WAITING_LOOK,
    Ledger,
    Observation,
    Reservation,
    available,
    expected_refresh,
    is_refresh,
    next_look,
    refresh_interval,
    reserved,
    why_not,
)
from shared.engine.rules.facts import Facts, TaskFacts
from shared.engine.rules.gates import GATES
from shared.engine.rules.gates import credits as gate

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = UUID(int=7)
KEY = f"credits:{ACCOUNT}"

instants = st.integers(0, 365 * 24 * 3600).map(lambda second: NOW + timedelta(seconds=second))
amounts = st.integers(0, 1000)
reservations = st.lists(
    st.one_of(
        st.builds(Reservation, amounts, st.just("reserved")),
        st.builds(Reservation, amounts, st.sampled_from(["spent", "released"]), instants),
    ),
    max_size=8,
).map(tuple)
known = st.builds(Observation, st.just(True), amounts, amounts, st.none() | instants, instants)  # noqa: FBT003
unknown = st.builds(Observation, st.just(False), st.none(), st.none(), st.none(), instants)  # noqa: FBT003
ledgers = st.builds(Ledger, st.none() | known | unknown, reservations, st.lists(instants, max_size=6).map(tuple))


def seen(free: int = 0, paid: int = 0, *, at: datetime = NOW, refreshes_at: datetime | None = None) -> Ledger:
    return Ledger(Observation(True, free, paid, refreshes_at, at))  # noqa: FBT003


def unread(at: datetime = NOW) -> Ledger:
    return Ledger(Observation(False, None, None, None, at))  # noqa: FBT003


def task(**changes) -> TaskFacts:
    facts = TaskFacts(
        id=UUID(int=1),
        workspace_id=UUID(int=3),
        type="video",
        status="pending",
        lane="chromium.local.sora",
        platform="sora",
        account_id=ACCOUNT,
        capability="credits",
        outward=False,
        weight=1,
        not_before=None,
        expires_at=None,
        approval_required=False,
        payload_hash="a",
        approved_hash=None,
        credits=3,
    )
    return replace(facts, **changes)


def world(ledger: Ledger | None) -> Facts:
    return Facts(now=NOW, credits={} if ledger is None else {ACCOUNT: ledger})


@given(ledgers)
def test_what_cannot_be_read_is_unknown_and_never_a_number(ledger: Ledger):
    left = available(ledger)

    assert (left is None) == (ledger.seen is None or not ledger.seen.known)
    if ledger.seen is not None and ledger.seen.total is not None:
        assert 0 <= left <= ledger.seen.total


@given(ledgers, st.integers(1, 1000), st.integers(0, 1000))
def test_nothing_begins_without_credits_for_all_of_it(ledger: Ledger, needs: int, at_least: int):
    left = available(ledger)
    begins = not why_not(ledger, needs=needs, at_least=at_least)

    assert begins == (left is not None and left >= max(needs, at_least))
    assert why_not(replace(ledger, queue=True), needs=needs)


@given(known, st.lists(st.integers(1, 9), max_size=30))
def test_reserving_one_after_the_other_never_promises_more_than_there_is(observation: Observation, wanted: list[int]):
    ledger, promised = Ledger(observation), 0
    for amount in wanted:
        if not why_not(ledger, needs=amount):
            ledger, promised = reserved(ledger, amount), promised + amount

    assert promised <= observation.total
    assert available(ledger) == observation.total - promised


def test_what_was_spent_before_the_look_is_missing_on_the_page_already():
    ledger = seen(10)
    before, after = NOW - HOUR, NOW + HOUR

    assert available(replace(ledger, reservations=(Reservation(4, "spent", before),))) == 10
    assert available(replace(ledger, reservations=(Reservation(4, "spent", after),))) == 6
    assert available(replace(ledger, reservations=(Reservation(4, "released", after),))) == 10
    assert available(replace(ledger, reservations=(Reservation(4, "reserved"),))) == 6


@given(st.lists(instants, max_size=10))
def test_the_interval_of_refreshes_needs_two_of_them(refreshes: list[datetime]):
    interval = refresh_interval(refreshes)

    assert (interval is None) == (len(set(refreshes)) < 2)
    if interval is not None:
        assert timedelta(0) < interval <= max(refreshes) - min(refreshes)


def test_the_interval_is_the_median_so_that_one_gap_changes_nothing():
    days = [NOW + timedelta(days=day) for day in (0, 1, 2, 9, 10)]

    assert refresh_interval(days) == timedelta(days=1)


@given(ledgers, instants)
def test_a_refresh_is_expected_in_the_future_or_not_at_all(ledger: Ledger, now: datetime):
    expected = expected_refresh(ledger, now)

    assert expected is None or expected > now


def test_the_pages_own_word_comes_before_what_was_observed():
    days = tuple(NOW - timedelta(days=day) for day in (3, 2, 1))
    said = replace(seen(refreshes_at=NOW + HOUR), refreshes=days)

    assert expected_refresh(said, NOW) == NOW + HOUR
    assert expected_refresh(said, NOW + 2 * HOUR) == NOW + timedelta(days=1)
    assert expected_refresh(seen(), NOW) is None


def test_only_more_free_credits_are_a_refresh():
    before = seen(free=2, paid=1).seen

    assert is_refresh(before, seen(free=30).seen)
    assert not is_refresh(before, seen(free=2, paid=11).seen)
    assert not is_refresh(before, unread().seen)
    assert not is_refresh(None, seen(free=30).seen)


@given(ledgers, instants, st.none() | instants)
def test_a_page_is_looked_at_once_an_hour_at_the_latest(ledger: Ledger, since: datetime, waiting: datetime | None):
    look = next_look(ledger, since=since, waiting_since=waiting)

    assert look <= (since if ledger.seen is None else ledger.seen.checked_at) + IDLE_LOOK


def test_looking_is_sparse():
    def look(ledger: Ledger, waiting: datetime | None = None) -> datetime:
        return next_look(ledger, since=NOW - HOUR, waiting_since=waiting)

    assert look(seen()) == NOW + IDLE_LOOK
    assert look(seen(refreshes_at=NOW + timedelta(minutes=20))) == NOW + timedelta(minutes=20) + AFTER_REFRESH
    assert look(seen(), NOW - HOUR) == NOW + WAITING_LOOK
    assert look(unread(), NOW - HOUR) == NOW + WAITING_LOOK
    # Who waits for a refresh that is known needs nobody to look before it.
    assert look(seen(refreshes_at=NOW + 5 * HOUR), NOW - HOUR) == NOW + IDLE_LOOK
    assert look(seen(), NOW + timedelta(minutes=5)) == NOW + timedelta(minutes=5)
    assert look(UNREAD) == NOW
    later = NOW + timedelta(minutes=59)
    assert next_look(UNREAD, since=NOW, waiting_since=NOW, failed_at=later) == later + WAITING_LOOK
    assert next_look(seen(), since=NOW, waiting_since=None, failed_at=NOW - HOUR) == NOW + IDLE_LOOK
    assert next_look(UNREAD, since=NOW, waiting_since=None) == NOW + IDLE_LOOK


@pytest.mark.parametrize(
    ("facts", "ledger", "words"),
    [
        (task(), None, "credits are unknown: nobody has looked yet"),
        (task(), unread(), "credits are unknown: the page could not be read"),
        (task(), seen(2), "needs 3 credits, has 2"),
        (task(), reserved(seen(3), 1), "needs 3 credits, has 2"),
        (task(credits_at_least=30), seen(20), "waits until there are 30 credits, has 20"),
        (task(credits_queue=True), seen(9), "waits its turn"),
        (task(), replace(seen(9), queue=True), "waits its turn"),
    ],
)
def test_the_gate_says_what_it_waits_for_and_what_wakes_it(facts: TaskFacts, ledger: Ledger | None, words: str):
    verdict = gate(facts, world(ledger))

    assert not verdict.open
    assert verdict.reason.startswith(words)
    assert " 0 " not in verdict.reason
    assert verdict.wake_key == KEY


def test_the_gate_names_the_refresh():
    verdict = gate(task(), world(seen(2, refreshes_at=NOW + HOUR)))

    assert verdict.until == NOW + HOUR
    assert verdict.reason == f"needs 3 credits, has 2, refreshes {NOW + HOUR:%Y-%m-%d %H:%M} UTC"


def test_the_gate_is_open_with_credits_and_for_what_needs_none():
    assert gate(task(), world(seen(2, 1))).open
    assert gate(task(credits=0), world(None)).open


def test_credits_and_what_is_being_made_stand_just_before_the_lane():
    names = [gate.name for gate in GATES]

    assert names[names.index("lane") - 2 : names.index("lane")] == ["credits", "making"]
