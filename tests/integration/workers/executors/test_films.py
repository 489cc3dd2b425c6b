"""What becomes of a video at makers that are called by their APIs: followed, kept once, counted, and handed over once?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.accounts.acting import ActingAccount
from shared.films.hand_over import Why, hand_over
from shared.task_types.video import VideoPayload
from tests.support.gateway import Gateway, serve
from tests.support.video_makers import KEY, Maker, RunwayProtocol, VideosProtocol, maker
from tests.support.worker import look_at, work_on, worker
from workers.attempts.process import WorkerProcess
from workers.executors.video import MAKERS


class Studio:
    """A gateway and a worker with an account at each of two makers."""

    def __init__(self, gateway: Gateway, process: WorkerProcess, first: Maker, second: Maker) -> None:
        self.gateway, self.process = gateway, process
        self.first, self.second = first, second

    def connect(self, platform: str, secret: dict[str, str]) -> None:
        persona = self.gateway.http.get("/api/personas").json()["items"][0]["id"]
        body = {"platform": platform, "handle": "demo", "persona": persona, "transport": "api", "practice": True}
        self.gateway.post("/api/accounts", {**body, "secret": secret}).raise_for_status()

    def video(self, prompt: str = "A lighthouse at dawn.", **more: Any) -> str:
        """Hand a video over to the first maker."""
        payload = {"prompt": prompt, "seconds": 8, **more}
        order = {"type": "video", "platform": "openai_videos", "account": "demo", "payload": payload}
        found: str = self.gateway.submit(order)["id"]
        return found

    def task(self, task: str) -> dict[str, Any]:
        found: dict[str, Any] = self.gateway.http.get(f"/api/scheduler/task/{task}").json()
        return found

    def beside(self, video: str, kind: str) -> str:
        """The one task of this type that the video waits for."""
        [row] = self.gateway.query(
            "SELECT t.id::text FROM tasks t JOIN task_dependencies d ON d.depends_on_id = t.id"
            " WHERE d.task_id = %(video)s AND t.type = %(kind)s",
            video=video,
            kind=kind,
        )
        return str(row["id"])

    def work(self, task: str) -> str:
        return work_on(self.gateway, self.process, task)

    def follow(self, video: str) -> list[str]:
        """Work on the film of a video until it is over; answers the states on the way."""
        film, states = self.beside(video, "film"), []
        while not states or states[-1] == "scheduled":
            self.gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'scheduled'")  # its time has come
            states.append(self.work(film))
        return states

    def explain(self, video: str) -> dict[str, Any]:
        gates = self.gateway.http.get(f"/api/scheduler/task/{video}/explain").json()["gates"]
        return next(gate for gate in gates if gate["gate"] == "making")


@pytest.fixture
def studio(database) -> Iterator[Studio]:
    settings = database.model_copy(update={"egress_allowed": "127.0.0.0/8", "film_polls": 5})
    with (
        maker(VideosProtocol) as first,
        maker(RunwayProtocol) as second,
        serve(settings) as gateway,
        worker(gateway) as process,
    ):
        here = Studio(gateway, process, first, second)
        here.connect("openai_videos", {"api_key": KEY, "base_url": f"{first.url}/v1", "model": "wan-2"})
        here.connect("runway", {"api_key": KEY, "model": "gen4.5"})
        gateway.query("UPDATE accounts SET origin = %(url)s WHERE platform = 'runway'", url=second.url)
        yield here
        assert first.errors == second.errors == []


def test_a_video_is_ordered_once_followed_in_short_looks_and_kept(studio: Studio):
    video = studio.video()
    assert studio.work(video) == "pending"
    assert studio.follow(video) == ["scheduled", "scheduled", "completed"]
    assert studio.work(video) == "completed"

    result = studio.task(video)["result"]
    assert (result["maker"], result["seconds"], result["handed_over"]) == ("openai_videos", 8.0, None)
    assert studio.gateway.http.get(f"/api/media/{result['media_id']}").content[4:8] == b"ftyp"
    [effect] = studio.gateway.http.get("/api/effects").json()["items"]
    proof = studio.gateway.http.get(effect["proof_url"])
    assert (proof.headers["Content-Type"], proof.json()["request"]["method"]) == ("application/json", "POST")
    assert "A lighthouse at dawn." in proof.text
    assert KEY not in proof.text
    assert len(studio.first.orders) == 1
    [looks] = studio.gateway.query("SELECT count(*) AS n FROM effects")
    assert looks["n"] == 1


def test_an_order_without_an_answer_is_found_in_the_list_and_not_sent_again(studio: Studio):
    studio.first.trouble = ["silent"]
    video = studio.video()
    assert studio.work(video) == "unknown"
    assert look_at(studio.gateway, studio.process, video) == "pending"
    assert studio.follow(video)[-1] == "completed"
    assert studio.work(video) == "completed"
    assert len(studio.first.orders) == 1


def test_an_order_keeps_its_format_and_another_with_the_same_words_in_another_format_is_not_taken_for_it(studio: Studio):
    studio.first.trouble = ["silent", "silent"]
    high, wide = studio.video(aspect="9:16"), studio.video(aspect="16:9")
    assert [studio.work(video) for video in (high, wide)] == ["unknown", "unknown"]
    shown = studio.gateway.http.get("/api/effects").json()["items"]
    assert [one["content"] for one in shown] == [{"options": {"seconds": 8, "aspect": a}} for a in ("16:9", "9:16")]

    assert [look_at(studio.gateway, studio.process, video) for video in (wide, high)] == ["pending", "pending"]
    found = studio.gateway.query("SELECT task_id::text AS task, external_id AS id FROM effects")
    sizes = {order["id"]: order["size"] for order in studio.first.orders}
    assert {row["task"]: sizes[row["id"]] for row in found} == {high: "720x1280", wide: "1280x720"}


def test_the_same_order_waits_for_the_one_whose_outcome_is_open(studio: Studio):
    studio.first.trouble = ["silent"]
    first, second = studio.video(), studio.video()
    assert [studio.work(video) for video in (first, second)] == ["unknown", "pending"]
    assert len(studio.first.orders) == 1
    [error] = studio.gateway.query("SELECT error FROM tasks WHERE id = %(id)s", id=second)
    assert "duplicates" in error["error"]["message"]


def test_an_order_that_never_left_is_sent_again_and_looked_for_by_nobody(studio: Studio, monkeypatch):
    order = {"type": "video", "platform": "runway", "account": "demo", "payload": {"prompt": "A lighthouse.", "seconds": 10}}
    videos = [studio.video(), studio.gateway.submit(order)["id"]]
    send = httpx.AsyncClient.send

    async def refuse(client, request, **how):
        if request.method == "POST":
            message = "All connection attempts failed"
            raise httpx.ConnectError(message)
        return await send(client, request, **how)

    with monkeypatch.context() as broken:
        broken.setattr(httpx.AsyncClient, "send", refuse)
        assert [studio.work(video) for video in videos] == ["scheduled", "scheduled"]
    assert studio.gateway.query("SELECT outcome, count(*) AS n FROM effects GROUP BY 1") == [{"outcome": "absent", "n": 2}]

    studio.gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'scheduled'")
    assert [studio.work(video) for video in videos] == ["pending", "pending"]
    assert (len(studio.first.orders), len(studio.second.orders)) == (1, 1)


def test_a_film_that_is_never_made_ends_and_a_retry_looks_again(studio: Studio):
    video = studio.video()
    studio.work(video)
    film = studio.beside(video, "film")
    studio.first.looks[studio.first.orders[0]["id"]] = -10
    assert studio.follow(video) == ["scheduled"] * 4 + ["failed"]
    assert studio.task(film)["error"]["code"] == "not_made_in_time"

    studio.first.looks[studio.first.orders[0]["id"]] = 10
    assert studio.work(video) == "failed"
    studio.gateway.post(f"/api/scheduler/task/{video}/retry").raise_for_status()
    assert studio.work(video) == "pending"
    assert studio.work(film) == "completed"
    assert studio.work(video) == "completed"
    assert len(studio.first.orders) == 1


def test_a_fourth_video_waits_while_three_are_being_made_and_says_so(studio: Studio):
    for number in range(3):
        studio.work(studio.video(f"Lighthouse {number}."))
    fourth = studio.video("Lighthouse 4.")

    assert studio.explain(fourth)["reason"] == "3 videos are being made, at most 3 at once"
    assert studio.work(fourth) == "pending"  # asked again before its intent: nothing is sent
    assert len(studio.first.orders) == 3

    studio.follow(studio.gateway.query("SELECT id::text FROM tasks WHERE type = 'video' ORDER BY id")[0]["id"])
    assert studio.explain(fourth)["open"]
    studio.gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'scheduled'")
    assert studio.work(fourth) == "pending"
    assert len(studio.first.orders) == 4


def test_what_a_maker_refuses_the_next_one_that_can_makes_once_and_both_say_so(studio: Studio):
    studio.first.trouble = ["400"]
    video = studio.video(makers=["openai_videos", "runway"])
    assert studio.work(video) == "pending"
    other = studio.beside(video, "video")
    asked = studio.task(other)
    assert (asked["platform"], asked["payload"]["makers"], asked["payload"]["seconds"]) == ("runway", [], 8)
    assert studio.work(other) == "pending"
    assert studio.follow(other)[-1] == "completed"
    assert studio.work(other) == "completed"
    assert studio.work(video) == "completed"

    result = studio.task(video)["result"]
    assert (result["maker"], result["handed_over"]) == ("runway", "openai_videos made nothing of it: text_refused")
    assert (len(studio.first.orders), len(studio.second.orders)) == (0, 1)
    [event] = studio.gateway.query("SELECT data FROM task_events WHERE type = 'task.handed_over'")
    assert (event["data"]["from"], event["data"]["to"]) == ("openai_videos", "runway")


def test_two_attempts_that_hand_a_video_over_make_one_task_of_it(studio: Studio):
    video = studio.video(makers=["runway"])
    [row] = studio.gateway.query("SELECT account_id, workspace_id FROM tasks WHERE id = %(id)s", id=video)
    account = ActingAccount(row["account_id"], row["workspace_id"], "openai_videos", "demo")
    said = {"payload": VideoPayload(prompt="A lighthouse.", makers=("runway",)), "why": Why("refused", "no")}

    async def both() -> None:
        engine = studio.process.engine
        twice = [hand_over(engine=engine, video=UUID(video), account=account, makers=MAKERS, **said) for _ in range(2)]
        assert await asyncio.gather(*twice) == [True, True]

    studio.process.run(both())
    assert studio.beside(video, "video")
    assert len(studio.gateway.query("SELECT 1 FROM task_events WHERE type = 'task.handed_over'")) == 1


def test_a_film_that_its_maker_rejects_goes_to_the_next_one_and_no_further(studio: Studio):
    video = studio.video("A forbidden fruit.", makers=["runway", "sora"])
    studio.work(video)
    assert studio.follow(video)[-1] == "failed"
    assert studio.work(video) == "pending"
    other = studio.beside(video, "video")
    studio.work(other)
    assert studio.follow(other)[-1] == "failed"
    assert studio.work(other) == "failed"
    assert studio.work(video) == "failed"
    assert "neither did the maker after it" in studio.task(video)["error"]["message"]
    assert (len(studio.first.orders), len(studio.second.orders)) == (1, 1)


def test_a_file_of_another_length_is_not_kept_and_fetched_again(studio: Studio):
    video = studio.video()
    studio.work(video)
    film = studio.beside(video, "film")
    ordered = studio.first.orders[0]
    studio.first.looks[ordered["id"]] = 10
    ordered["seconds"] = "4"
    assert studio.work(film) == "scheduled"
    assert studio.task(film)["error"]["code"] == "bad_file"
    assert studio.gateway.http.get("/api/media").json()["items"] == []

    ordered["seconds"] = "8"
    assert studio.follow(video) == ["completed"]
    assert len(studio.first.orders) == 1


def test_a_workspace_without_room_is_told_so_and_the_file_is_not_kept(studio: Studio):
    studio.process.settings = studio.process.settings.model_copy(update={"media_quota_bytes": 1024})
    video = studio.video()
    studio.work(video)
    assert studio.follow(video)[-1] == "failed"
    assert studio.task(studio.beside(video, "film"))["error"]["code"] == "media_quota"
    assert studio.gateway.http.get("/api/media").json()["items"] == []


def test_a_maker_that_was_shut_down_says_since_when_and_is_not_called(studio: Studio):
    studio.gateway.post("/api/accounts/openai_videos/demo/disconnect").raise_for_status()
    secret = {"api_key": KEY, "base_url": "https://api.openai.com/v1", "model": "sora-2"}
    studio.connect("openai_videos", secret)
    video = studio.video()
    assert studio.work(video) == "failed"
    error = studio.task(video)["error"]
    assert error["code"] == "discontinued"
    assert "2026-09-24" in error["message"]


def test_what_may_have_been_made_is_handed_to_nobody(studio: Studio):
    studio.first.trouble = ["500"]
    video = studio.video(makers=["runway"])
    assert studio.work(video) == "unknown"
    assert studio.gateway.query("SELECT 1 FROM tasks WHERE platform = 'runway'") == []


def effects_of(studio: Studio, video: str) -> list[tuple[str, str | None]]:
    rows = studio.gateway.query("SELECT outcome, external_id FROM effects WHERE task_id = %(v)s ORDER BY id", v=video)
    return [(row["outcome"], row["external_id"]) for row in rows]


def visible(studio: Studio) -> None:
    """Whatever was ordered has long been in the maker's list by now."""
    studio.gateway.query("UPDATE effects SET call_deadline = call_deadline - interval '1 hour'")
    studio.gateway.query("UPDATE attempts SET ended_at = ended_at - interval '1 hour' WHERE ended_at IS NOT NULL")


def test_a_lost_order_never_takes_the_video_of_another_with_the_same_prompt(studio: Studio):
    studio.first.trouble = ["500"]
    lost, other = studio.video(aspect="9:16"), studio.video(aspect="16:9")
    assert studio.work(lost) == "unknown"
    assert studio.work(other) == "pending"
    visible(studio)

    assert [look_at(studio.gateway, studio.process, lost) for _ in range(2)] == ["unknown", "pending"]
    assert effects_of(studio, lost) == [("absent", None)]
    assert effects_of(studio, other) == [("confirmed", studio.first.orders[0]["id"])]
    assert studio.work(lost) == "pending"
    assert [order["size"] for order in studio.first.orders] == ["1280x720", "720x1280"]
    assert studio.gateway.query("SELECT 1 FROM task_events WHERE type = 'effect.alarm'") == []


def test_of_two_lost_orders_with_one_prompt_each_finds_its_own(studio: Studio):
    studio.first.trouble = ["500", "silent"]
    lost, arrived = studio.video(aspect="9:16"), studio.video(aspect="16:9")
    assert [studio.work(video) for video in (lost, arrived)] == ["unknown", "unknown"]
    visible(studio)

    assert look_at(studio.gateway, studio.process, lost) == "unknown"  # the one that is there may be the other's
    assert studio.task(lost)["error"]["code"] == "other_format"
    assert look_at(studio.gateway, studio.process, arrived) == "pending"
    assert [look_at(studio.gateway, studio.process, lost) for _ in range(2)] == ["unknown", "pending"]
    assert effects_of(studio, arrived) == [("confirmed", studio.first.orders[0]["id"])]
    assert effects_of(studio, lost) == [("absent", None)]


def test_of_several_videos_that_fit_a_lost_order_none_is_taken_and_a_person_is_asked(studio: Studio):
    studio.first.trouble = ["silent"]
    video = studio.video()
    assert studio.work(video) == "unknown"
    studio.first.orders.append({**studio.first.orders[0], "id": "video_by_hand"})
    visible(studio)

    assert look_at(studio.gateway, studio.process, video) == "unknown"
    assert "2 new videos fit this order" in studio.task(video)["error"]["message"]
    assert studio.gateway.query("SELECT verify_at FROM tasks WHERE id = %(v)s", v=video) == [{"verify_at": None}]
    assert effects_of(studio, video) == [("unknown", None)]


def test_a_trilogy_names_its_makers_and_unknown_ones_are_refused(studio: Studio):
    order = {"trilogy": "space", "account": "demo", "makers": ["openai_videos", "runway"]}
    run = studio.gateway.post("/api/sora/queue-trilogy", order).json()
    parts = [studio.task(part) for part in run["task_ids"]]
    assert {part["platform"] for part in parts} == {"openai_videos"}
    assert all(part["payload"]["makers"] == ["runway"] for part in parts)
    assert UUID(run["run_id"])
    for makers in (["instagram"], ["openai_videos", "nobody"]):
        answer = studio.gateway.post("/api/sora/queue-trilogy", {**order, "makers": makers})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "makers")
