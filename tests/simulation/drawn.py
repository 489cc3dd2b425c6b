"""Which weeks does Hypothesis draw? Few accounts and tasks under any limits, with clocks that jump."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID

from hypothesis import strategies as st

from shared.engine.rules.facts import AccountState, TaskFacts
from shared.engine.rules.limits import ANY, Limits, Quiet, Rule, Spacing
from tests.simulation.model import START, ZONES, Jump, Model, Span, Task
from tests.simulation.platforms import BY_API

SPACE = UUID(int=1)
DAY_S = 86_400
PLATFORMS = tuple(BY_API)  # over their API: nobody has to accept a rule first

rules = st.builds(Rule, st.sampled_from([ANY, "dm"]), st.sampled_from([60, 3600, DAY_S]), st.integers(1, 4))
spacings = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(lambda two: Spacing(ANY, *sorted(two)))
# Short, and for accounts alone: where two of them cover the day nothing ever starts.
quiets = st.builds(
    lambda begins, hours, zone: Quiet(time(begins), time((begins + hours) % 24), zone),
    st.integers(0, 23),
    st.integers(1, 12),
    st.sampled_from(ZONES),
)
shared_limits = st.builds(Limits, st.lists(rules, max_size=2).map(tuple), st.lists(spacings, max_size=1).map(tuple))
limits = st.builds(replace, shared_limits, quiet=st.none() | quiets)
instants = st.integers(0, 3 * DAY_S).map(lambda seconds: START + timedelta(seconds=seconds))
spans = st.integers(1, DAY_S).map(lambda seconds: timedelta(seconds=seconds))
# Both ways: a machine that sleeps, and a clock that is set back.
jumps = st.builds(Jump, instants, spans | spans.map(lambda span: -span / 24))


@st.composite
def weeks(draw: st.DrawFn) -> Model:
    """A week of one workspace."""
    model = Model(random.Random(draw(st.integers(0, 2**32))))
    shared = draw(shared_limits)
    for number in range(draw(st.integers(1, 3))):
        _account(model, UUID(int=100 + number), PLATFORMS[number % 2], draw(limits), shared)
    model.concurrency = {lane: draw(st.integers(1, 3)) for lane in model.lane_of.values()}
    for number in range(draw(st.integers(1, 12))):
        account = draw(st.sampled_from(list(model.accounts)))
        _task(model, UUID(int=10_000 + number), account, draw(instants), draw(st.none() | spans))
    lanes = st.sampled_from(list(model.concurrency))
    begun = draw(st.lists(st.tuples(lanes, instants, spans), max_size=2))
    model.outages = [Span(lane, begins, begins + lasts) for lane, begins, lasts in begun]
    model.jumps = draw(st.lists(jumps, max_size=4))
    return model


def _account(model: Model, account: UUID, platform: str, own: Limits, shared: Limits) -> None:
    scopes = ((f"account:{account}", own), (f"persona:{SPACE}", shared))
    model.accounts[account] = AccountState(
        "connected", *[None] * 5, practice=False, transport="api", platform=platform, zone=ZONES[0], limits=scopes
    )
    model.platform_of[account], model.workspace_of[account] = platform, SPACE
    model.lane_of[account], model.consents[account] = f"api.{platform}", START


def _task(model: Model, task: UUID, account: UUID, submitted: object, later: timedelta | None) -> None:
    due = submitted if later is None else submitted + later
    facts = TaskFacts(
        id=task,
        workspace_id=SPACE,
        type="dm",
        status="pending",
        lane=model.lane_of[account],
        platform=model.platform_of[account],
        account_id=account,
        capability="dm",
        outward=True,
        weight=1,
        not_before=None if later is None else due,
        expires_at=None,
        approval_required=False,
        payload_hash="as written",
        approved_hash=None,
    )
    model.tasks[task] = Task(facts, submitted, submitted, due, f"Number {task.int}.", f"person {task.int}")
