"""Does a pool get a child when there is work, and lose it only when there was none from one look to the next?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from celery.worker import state

from workers.attempts import idle_children
from workers.attempts.idle_children import LOOK_S, IdleScaler


class Children:
    """A pool's children, counted."""

    def __init__(self) -> None:
        self.num_processes = 0
        self._pool = self
        self.told_to_end: list[SimpleNamespace] = []
        self.gets_nothing: list[int] = []

    def grow(self, n: int) -> None:
        self.num_processes += n

    def shrink(self, n: int) -> None:
        self.num_processes -= n
        self.told_to_end += [SimpleNamespace(inqW_fd=fd, _controlled_termination=True) for fd in range(n)]

    def __iter__(self) -> Iterator[SimpleNamespace]:
        return iter([SimpleNamespace(inqW_fd=-1), *self.told_to_end])

    def on_inqueue_close(self, fd: int, _: SimpleNamespace) -> None:
        self.gets_nothing.append(fd)

    def maintain_pool(self) -> None:
        """Nothing is to be started here."""


@pytest.fixture
def children() -> Children:
    """Those of a pool that has just started: none."""
    return Children()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, children: Children) -> Callable[..., int]:
    """Look at some instant, with so many messages at hand: how many children there are then."""
    scaler = IdleScaler(children, 2, 0)

    def look(now: float, at_hand: int) -> int:
        monkeypatch.setattr(idle_children, "monotonic", lambda: now)
        monkeypatch.setattr(state, "reserved_requests", set(range(at_hand)))
        scaler.maybe_scale()
        return children.num_processes

    return look


def test_without_work_there_is_no_child_and_with_work_as_many_as_may_be(at):
    assert [at(0, 0), at(1, 1), at(2, 5)] == [0, 1, 2]


def test_a_child_stays_as_long_as_there_is_work_however_long_it_takes(at):
    assert [at(look * LOOK_S, 1) for look in range(10)] == [1] * 10


def test_the_look_that_finds_a_long_task_just_ended_ends_nothing_and_the_next_does(at):
    at(0, 1)
    at(LOOK_S, 1)
    assert [at(2 * LOOK_S, 0), at(3 * LOOK_S, 0)] == [1, 0]


def test_what_comes_between_two_looks_begins_the_count_anew(at):
    at(0, 1)
    assert [at(LOOK_S, 0), at(1.5 * LOOK_S, 1), at(2 * LOOK_S, 0), at(3 * LOOK_S, 0)] == [1, 1, 1, 0]


def test_a_child_that_is_told_to_end_gets_no_message_any_more_and_the_others_do(at, children: Children):
    assert [at(0, 1), at(LOOK_S, 0), at(2 * LOOK_S, 0)] == [1, 1, 0]
    assert children.gets_nothing == [0]
