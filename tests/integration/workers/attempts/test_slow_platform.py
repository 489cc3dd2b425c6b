"""Does one API platform that is slow hold up another that the same process serves?"""

from __future__ import annotations

import os
import signal

import pytest

from tests.support.held_makers import house
from tests.support.stack import wait_for
from tests.support.video_makers import KEY, VideosProtocol, maker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

QUICK_ORDER = {
    "type": "video",
    "platform": "openai_videos",
    "account": "demo",
    "payload": {"prompt": "A harbour.", "seconds": 8},
}


def test_an_order_at_one_maker_is_done_while_another_lets_its_caller_wait(database, tmp_path):
    with house(database, tmp_path, "/v1/organization") as here, maker(VideosProtocol) as quick:
        persona = here.gateway.http.get("/api/personas").json()["items"][0]["id"]
        account = {"platform": "openai_videos", "handle": "demo", "persona": persona, "transport": "api", "practice": True}
        secret = {"api_key": KEY, "base_url": f"{quick.url}/v1", "model": "wan-2"}
        here.gateway.post("/api/accounts", {**account, "secret": secret}).raise_for_status()
        slow = here.begin()

        other = here.gateway.submit(QUICK_ORDER)["id"]
        wait_for("the other is ordered", lambda: quick.orders)

        assert here.status(slow) == "running"
        here.protocol.let_go.set()
        wait_for("both are ordered", lambda: here.made_by.orders and here.status(other) == "pending")


def test_attempts_of_a_dead_process_are_closed_although_it_had_no_message_at_hand(database, tmp_path):
    with house(database, tmp_path, "/v1/organization") as here:
        video = here.begin()
        os.kill(here.stack.child_of("apis"), signal.SIGKILL)
        # Its lease is 30 s long, and nobody waits for that.
        lost = "SELECT id FROM tasks WHERE lost_count = 1"
        wait_for("it is known to be lost", lambda: here.gateway.query(lost), seconds=15)
        here.protocol.let_go.set()
        wait_for("it is ordered", lambda: here.made_by.orders)
        wait_for("it is followed", lambda: here.status(video) == "pending")
