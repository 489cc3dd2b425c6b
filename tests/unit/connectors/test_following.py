"""How long is waited between two looks at what a platform makes?"""

from __future__ import annotations

from connectors.contract.following import Following
from connectors.runway.mapping import stage_of


def test_each_wait_is_longer_than_the_one_before_it_up_to_the_longest():
    following = Following(every_s=10, grows=3, longest_s=60)

    assert [following.wait_s(looks) for looks in (0, 1, 2, 3, 4)] == [10, 10, 30, 60, 60]


def test_what_runway_holds_back_is_queued_and_uses_up_no_patience():
    assert (stage_of({"status": "THROTTLED"}).state, stage_of({"status": "THROTTLED"}).held) == ("queued", True)
    assert not stage_of({"status": "PENDING"}).held
