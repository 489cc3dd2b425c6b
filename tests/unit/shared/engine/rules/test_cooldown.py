"""Does an account rest as long as the ladder says, and only after refusals by its platform?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

import connectors.registry  # noqa: F401 - declares what holds on each platform
from shared.engine.rules.budgets import Share
from shared.engine.rules.cooldown import LADDER, begin, cause_of
from shared.engine.rules.duplicates import SentText, same_person, same_words
from shared.errors import (
    AccountBlocked,
    ActionRequired,
    ContentRejected,
    OutcomeUnknown,
    RateLimited,
    Transient,
    UiChanged,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ACCOUNT = UUID(int=7)


@pytest.mark.parametrize(
    ("error", "refusals", "cause"),
    [
        (AccountBlocked(code="soft_refusal"), 0, "failure"),
        (AccountBlocked(code="soft_refusal"), 1, "failures"),
        (AccountBlocked(code="action_blocked"), 0, "action_block"),
        (AccountBlocked(code="account_restricted"), 0, "restricted"),
        (ActionRequired(code="challenge"), 0, "challenge"),
        (ActionRequired(code="logged_out"), 0, None),
        (RateLimited(), 0, "rate_limit"),
        (Transient(code="timeout"), 5, None),
        (OutcomeUnknown(), 5, None),
        (UiChanged(), 5, None),
        (ContentRejected(), 5, None),
    ],
)
def test_only_refusals_by_the_platform_count(error, refusals, cause):
    assert cause_of(error, refusals) == cause


@pytest.mark.parametrize("cause", LADDER)
def test_a_rest_lies_in_its_rungs_range_and_the_share_holds_as_long_again(cause):
    rung = LADDER[cause]
    rest = begin(cause, ACCOUNT, NOW)
    length = rest.until - NOW
    assert rung.shortest <= length <= rung.longest
    left = Share(rung.share, rest.until + length) if rung.share < 1 else None
    assert rest.share_at(rest.until) == left
    assert rest.share_at(rest.until + length) is None


def test_a_platforms_own_reset_time_is_kept_to_with_all_of_the_budget_after_it():
    rest = begin("rate_limit", ACCOUNT, NOW, NOW + timedelta(minutes=3))
    assert (rest.until, rest.share) == (NOW + timedelta(minutes=3), 1.0)


def test_the_same_person_is_left_alone_for_as_long_as_the_platform_asks():
    assert same_person("instagram", NOW - timedelta(hours=47), NOW) is not None
    assert same_person("instagram", NOW - timedelta(hours=48), NOW) is None
    assert same_person("tiktok", NOW - timedelta(hours=71), NOW)[1] == NOW + timedelta(hours=1)
    assert same_person("bluesky", NOW, NOW) is None


def test_the_same_words_wait_a_day_and_all_too_similar_ones_are_never_said():
    before = [SentText("What a light in this one!", NOW - timedelta(hours=1))]
    assert same_words("what  a light in this ONE!", before, NOW)[1] == NOW + timedelta(hours=23)
    assert same_words("What a light in this one!!", before, NOW)[1] is None
    assert same_words("Where was this taken?", before, NOW) is None
    assert same_words("What a light in this one!", [SentText(before[0].text, NOW - timedelta(days=2))], NOW) is None
