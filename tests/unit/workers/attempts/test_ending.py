"""What becomes of a task after each kind of error?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared import errors
from shared.engine.rules.retry import PauseAccount, PauseCapability
from shared.task_types.comment import SPEC
from tests.support.claimed import claimed_account, claimed_task
from workers.attempts import ending, verify
from workers.attempts.attempt import held_back
from workers.attempts.evidence import write_evidence
from workers.interrupted import Cancelled, GateClosed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def row():
    return claimed_task(account=claimed_account(), failed_looks=2)


def test_with_an_open_effect_there_is_only_one_error():
    for error in (ValueError("boom"), errors.Transient(message="boom"), TimeoutError()):
        found = ending.as_task_error(error, has_open_effect=True)
        assert isinstance(found, errors.OutcomeUnknown)


def test_without_one_every_error_is_sorted_into_the_closed_set():
    assert ending.as_task_error(TimeoutError(), has_open_effect=False).code == "timeout"
    assert ending.as_task_error(ValueError("boom"), has_open_effect=False).code == "internal"
    known = errors.ContentRejected(message="no")
    assert ending.as_task_error(known, has_open_effect=False) is known


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [
        (errors.Transient(), "scheduled", "failed"),
        (errors.ContentRejected(), "failed", "failed"),
        (errors.NotConfigured(), "failed", "failed"),
        (errors.OutcomeUnknown(), "unknown", "unknown"),
        (errors.ActionRequired(), "pending", "gave_back"),
        (errors.UiChanged(), "pending", "gave_back"),
    ],
)
def test_each_class_of_error_ends_the_attempt_and_moves_the_task(row, error, status, outcome):
    ended, _ = ending.after(row, SPEC, error, NOW)

    assert (ended.status, ended.outcome) == (status, outcome)
    assert ended.error["code"] == error.code


def test_a_retry_says_when_and_costs_one(row):
    ended, _ = ending.after(row, SPEC, errors.Transient(), NOW)

    assert ended.retries == 1
    assert ended.error["retry_at"] == ended.not_before.isoformat()


def test_what_pauses_is_decided_beside_the_task(row):
    assert ending.after(row, SPEC, errors.AuthExpired(), NOW)[1] == PauseAccount(until=None)
    assert ending.after(row, SPEC, errors.UiChanged(), NOW)[1] == PauseCapability()


def test_a_closed_gate_costs_nothing_and_a_cancel_ends_it(row):
    assert ending.without_fault(row, GateClosed(message="no"), NOW).status == "pending"
    waits = ending.without_fault(row, GateClosed(message="no", wait_s=5), NOW)
    assert (waits.status, waits.not_before, waits.retries) == ("scheduled", NOW + timedelta(seconds=5), 0)
    assert ending.without_fault(row, Cancelled(message="no"), NOW).status == "cancelled"


def test_a_look_that_failed_leaves_the_task_unknown_and_comes_again(row):
    ended = verify.failed_look(row, {"code": "transient", "message": ""}, NOW)

    assert (ended.status, ended.outcome) == ("unknown", "failed")
    assert ended.verify_at == NOW + timedelta(seconds=8)


def test_evidence_of_a_changed_page_is_kept(tmp_path):
    page = {"screenshot": "/9j/", "html": "<p>new</p>", "address": "http://127.0.0.1/p"}
    write_evidence(tmp_path / "7", page, {"locator": "comment_box"})

    assert (tmp_path / "7" / "page.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert (tmp_path / "7" / "page.html").read_text() == "<p>new</p>"
    said = json.loads((tmp_path / "7" / "page.json").read_text())
    assert said == {"address": "http://127.0.0.1/p", "locator": "comment_box"}


def test_a_look_that_was_held_back_leaves_the_task_unknown_and_is_made_later(row):
    ended = held_back(replace(row, kind="verify"), GateClosed(message="lane: a person", wait_s=60), NOW)
    assert (ended.status, ended.outcome) == ("unknown", "failed")
    assert ended.verify_at > NOW
    ended = held_back(row, GateClosed(message="lane: a person", wait_s=60), NOW)
    assert (ended.status, ended.outcome, ended.not_before) == ("scheduled", "gave_back", NOW + timedelta(seconds=60))
