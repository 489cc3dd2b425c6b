"""What must never be seen in a simulated week? Judged from what happened alone, without the product's decisions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.engine.rules.cooldown import LADDER
from shared.engine.rules.hours import DAYS, Hours
from shared.engine.rules.limits import ANY
from shared.platform_rules import rules_of
from tests.simulation.model import BROWSED, Arrival
from tests.simulation.run import FINAL, Run

EXPECTED_ENDS = {"dependency_failed", "do_not_contact", "duplicate", "forbidden", "a person decides", "transient"}


def violations(run: Run) -> Iterator[str]:
    """Everything that went wrong, in words."""
    yield from _lost_or_twice(run)
    yield from _lanes(run)
    for arrival in run.arrivals:
        yield from _early(run, arrival)
        yield from _not_allowed(run, arrival)
    yield from _over_budget(run)
    yield from (f"too many films at once: {task.int}" for task in run.filming.too_many())
    yield from (f"more credits than there were: {task.int}" for task in run.spending.overdrawn)


def _lost_or_twice(run: Run) -> Iterator[str]:
    counted = Counter(arrival.task for arrival in run.arrivals)
    for task in run.model.tasks.values():
        if counted[task.id] > 1:
            yield f"twice: {task.id.int}"
        if task.status not in FINAL:
            yield f"stuck: {task.id.int} is {task.status}, parked on {task.wake_key}"
        elif (task.status == "completed") != (counted[task.id] == 1):
            yield f"lost: {task.id.int} is {task.status} and arrived {counted[task.id]} times"
        elif task.status == "failed" and task.code not in EXPECTED_ENDS:
            yield f"lost: {task.id.int} failed as {task.code}"


def _lanes(run: Run) -> Iterator[str]:
    for lane, concurrency in run.model.concurrency.items():
        if run.most_out.get(lane, 0) > 2 * concurrency:
            yield f"too much out: {lane} had {run.most_out[lane]}"
        mine = sorted((begun, ended) for name, begun, ended in run.attempts if name == lane)
        if concurrency == 1 and any(before[1] > after[0] for before, after in itertools.pairwise(mine)):
            yield f"overlap: {lane}"
    if run.deserted:
        yield f"released to lanes without a worker: {run.deserted}"


def _early(run: Run, arrival: Arrival) -> Iterator[str]:
    model, task = run.model, run.model.tasks[arrival.task]
    begun = arrival.intended
    if begun < max(task.submitted, task.facts.not_before or task.submitted):
        yield f"early: {task.id.int}"
    if task.facts.approval_required and begun < task.approved:
        yield f"not approved: {task.id.int}"
    for needed in task.facts.dependencies:
        other = model.tasks[needed.task_id]
        if other.status != "completed" or other.ended is None or other.ended > begun:
            yield f"before what it depends on: {task.id.int}"
    account = model.accounts[arrival.account]
    for quiet in [limits.quiet for _, limits in account.limits if limits.quiet is not None]:
        clock = begun.astimezone(ZoneInfo(quiet.zone or account.zone)).time()
        over_midnight = quiet.start > quiet.end
        after, before = clock >= quiet.start, clock < quiet.end
        if (after or before) if over_midnight else (after and before):
            yield f"in quiet hours: {task.id.int} at {clock}"
    if task.facts.hours is not None and not _within(task.facts.hours, account.zone, begun):
        yield f"outside its hours: {task.id.int} at {begun}"


def _within(hours: Hours, zone: str, begun: datetime) -> bool:
    """Read off the wall: after the beginning on one of the days, or before the end on the day after one."""
    local = begun.astimezone(ZoneInfo(hours.zone or zone))
    clock, over_midnight = local.time(), hours.start >= hours.end
    today, yesterday = (DAYS[(local - timedelta(days=back)).weekday()] in hours.days for back in (0, 1))
    if not over_midnight:
        return today and hours.start <= clock < hours.end
    return (today and clock >= hours.start) or (yesterday and clock < hours.end)


def _not_allowed(run: Run, arrival: Arrival) -> Iterator[str]:
    model, begun = run.model, arrival.intended
    workspace = model.workspace_of[arrival.account]
    if model.platform_of[arrival.account] in BROWSED and begun < model.consents[arrival.account]:
        yield f"without consent: {arrival.task.int}"
    if (workspace, arrival.to or "") in model.left_alone:
        yield f"not to be contacted: {arrival.task.int}"
    if any(span.key == arrival.account and span.holds(begun) for span in model.pauses):
        yield f"while paused: {arrival.task.int}"
    if any(span.key == workspace and span.holds(begun) for span in model.kills):
        yield f"while killed: {arrival.task.int}"
    if any(account == arrival.account and since <= begun < back for account, since, back in run.blocked):
        yield f"while blocked: {arrival.task.int}"
    for account, since, cause in run.rests:
        if account == arrival.account and since < begun < since + LADDER[cause].shortest:
            yield f"in its rest: {arrival.task.int}"


def _over_budget(run: Run) -> Iterator[str]:
    model = run.model
    for key in model.accounts:
        mine = [a for a in run.arrivals if a.account == key]
        hours = rules_of(model.platform_of[key]).same_recipient_h
        apart = hours and timedelta(hours=hours)
        for before, after in itertools.combinations(mine, 2):
            if apart and before.to and before.to == after.to and after.at - before.at < apart:
                yield f"the same person too soon: {after.task.int}"
            same = before.action == after.action == "comment" and before.text == after.text
            if same and after.at - before.at < timedelta(hours=24):
                yield f"the same words too soon: {after.task.int}"
    limited = {scope: limits for account in model.accounts.values() for scope, limits in account.limits}
    for scope, limits in limited.items():
        theirs = {key for key, account in model.accounts.items() if scope in dict(account.limits)}
        yield from _windows(sorted((a for a in run.arrivals if a.account in theirs), key=lambda a: a.at), limits, scope)


def _windows(arrivals: list[Arrival], limits: object, whose: str) -> Iterator[str]:
    for rule in limits.rules:
        times = [a.at for a in arrivals if rule.action in {ANY, a.action}]
        for end in times:
            count = sum(end - timedelta(seconds=rule.window_s) < at <= end for at in times)
            if count > rule.max:
                yield f"over budget: {whose} had {count} {rule.action} in {rule.window_s} s"
    for one in limits.spacing:
        times = [a.at for a in arrivals if one.action in {ANY, a.action}]
        if any((after - before).total_seconds() < one.min_s for before, after in itertools.pairwise(times)):
            yield f"too close: {whose}, {one.action}"
