"""Does each class of error lead to its own next step?"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from shared import errors
from shared.engine.rules.retry import Fail, PauseAccount, PauseCapability, Retry, Tries, Verify, after_error
from shared.task_types.spec import RetryRule

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TRIES = Tries(retry_count=0, max_retries=3, rule=RetryRule(base_s=5, cap_s=60))
LATER = NOW + timedelta(minutes=5)


def decide(error: errors.TaskError, tries: Tries = TRIES):
    return after_error(error, tries, NOW, random.Random(1))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Transient(), Retry),
        (errors.RateLimited(), Retry),
        (errors.AuthExpired(), PauseAccount),
        (errors.ActionRequired(), PauseAccount),
        (errors.ContentRejected(), Fail),
        (errors.OutcomeUnknown(), Verify),
        (errors.UiChanged(), PauseCapability),
        (errors.AccountBlocked(), PauseAccount),
        (errors.NotConfigured(), Fail),
    ],
)
def test_every_class_has_its_next_step(error: errors.TaskError, kind: type):
    assert isinstance(decide(error), kind)


def test_the_table_above_is_complete():
    assert len(get_args(errors.TaskError)) == 9


def test_backoff_grows_and_is_capped_and_full_jitter_spreads_it():
    for count, longest in [(0, 5), (1, 10), (3, 40), (10, 60)]:
        tries = replace(TRIES, retry_count=count, max_retries=99)
        again = [after_error(errors.Transient(), tries, NOW, random.Random(seed)) for seed in range(200)]
        waits = [(retry.at - NOW).total_seconds() for retry in again]
        assert 0 <= min(waits) < longest * 0.1
        assert longest * 0.9 < max(waits) <= longest


def test_retries_run_out():
    assert decide(errors.Transient(), replace(TRIES, retry_count=3)) == Fail()


def test_the_platforms_own_word_on_when_to_come_back_is_kept_and_costs_no_retry():
    assert decide(errors.RateLimited(until=LATER), replace(TRIES, retry_count=3)) == Retry(at=LATER, counts=False)


def test_a_rate_limit_without_a_word_waits_for_a_day_as_the_ladder_says():
    assert decide(errors.RateLimited()) == Retry(at=NOW + timedelta(hours=24), counts=False)


def test_practice_accounts_follow_the_ladder_only_where_somebody_set_it():
    practice = replace(TRIES, cools_down=False)

    assert decide(errors.RateLimited(), practice).at <= NOW + timedelta(seconds=5)
    assert isinstance(decide(errors.AccountBlocked(), practice), Retry)
    assert decide(errors.RateLimited(until=LATER), practice) == Retry(at=LATER, counts=False)
