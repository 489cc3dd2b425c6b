"""Does every effect stand there exactly once while workers are killed, answers never come and Redis forgets everything?"""

from __future__ import annotations

import itertools
import time
from collections import Counter

import pytest
import redis

from tests.support import work
from tests.support.stack import Stack, wait_for

# The suite has a minute of every fault instead; this one alone has Chromium's answers lost at random.
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]

TASKS = 40
KILL_EVERY_S = 5


def test_many_tasks_under_fire_are_each_done_exactly_once(stack: Stack):
    for platform in ("instagram", "tiktok"):
        stack.fault(platform, "timeout_after_write", rate=0.25, seed=7, seconds=90)
    texts = [f"under fire {number}" for number in range(TASKS)]
    rows = [
        work.comment(stack, "instagram", text, post=number) if number % 2 else work.dm(stack, "tiktok", text)
        for number, text in enumerate(texts)
    ]
    ids = work.submit(stack, rows)

    kills = 0
    flushed = False
    next_kill = time.monotonic() + KILL_EVERY_S
    victims = itertools.cycle(("instagram", "tiktok"))

    def all_done() -> bool:
        nonlocal kills, flushed, next_kill
        if time.monotonic() >= next_kill and work.statuses(stack, ids).get("completed", 0) < TASKS:
            kills += stack.kill_child(next(victims))
            next_kill += KILL_EVERY_S
            if not flushed:
                redis.Redis.from_url(stack.settings.redis_url).flushall()
                flushed = True
        return work.statuses(stack, ids) == {"completed": TASKS}

    wait_for("all tasks are completed", all_done, seconds=180)

    arrived = Counter(item["text"] for item in stack.truth())
    assert {text: arrived[text] for text in texts} == dict.fromkeys(texts, 1)
    assert sum(arrived.values()) == TASKS
    assert kills >= 1
    assert flushed
    confirmed = stack.query("SELECT count(*) AS n FROM effects WHERE outcome = 'confirmed'")
    assert confirmed == [{"n": TASKS}]
