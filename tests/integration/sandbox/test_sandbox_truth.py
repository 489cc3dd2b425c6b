"""Does the truth log hold what really arrived, once, whatever happens to the process?"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.integration.sandbox.process import COMMENT_PATH, ROOT, Sandbox, running

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"id", "platform", "kind", "account", "target", "text", "at"}


def test_an_effect_survives_sigkill_and_stands_on_the_page_again(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        written = first.comment("instagram", "still here").json()
        first.message("tiktok", "maple_studio", "kept")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(5)
    with running(tmp_path) as second:
        assert [row["text"] for row in second.effects()] == ["still here", "kept"]
        assert second.comments("instagram")[0]["id"] == written["id"]
        assert second.get("/tiktok/api/chat/maple_studio")["messages"][0]["text"] == "kept"
        assert int(second.comment("instagram", "next").json()["id"]) > int(written["id"])


def test_a_request_waits_in_its_folder_until_it_is_accepted_also_after_a_restart(tmp_path: Path) -> None:
    def threads(sandbox: Sandbox) -> tuple[int, int]:
        return tuple(len(sandbox.get(f"/instagram/api/inbox{asked}")["threads"]) for asked in ("", "?requests=1"))

    body = {"platform": "instagram", "kind": "request", "from": "maple_studio", "text": "hello stranger"}
    with running(tmp_path) as first:
        assert first.http.post("/_control/incoming", json=body | {"platform": "x"}).status_code == 400
        assert first.http.post("/_control/incoming", json=body).status_code == 201
        assert threads(first) == (0, 1)
    with running(tmp_path) as second:
        assert threads(second) == (0, 1)
        accept = {"target": "maple_studio"}
        assert [second.http.post("/instagram/api/accept", json=accept).status_code for _ in range(2)] == [200, 404]
        assert threads(second) == (1, 0)
        second.http.post("/_control/reset")
        assert threads(second) == (0, 0)


def test_a_line_torn_by_a_crash_is_skipped_and_not_truncated(tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    with running(tmp_path) as first:
        first.comment("instagram", "whole")
    with log.open("ab") as file:
        file.write(b'{"line":"effect","id":"1')
    with running(tmp_path) as second:
        second.comment("instagram", "after")
        assert [row["text"] for row in second.effects("epoch=all")] == ["whole", "after"]
    assert b'{"line":"effect","id":"1\n' in log.read_bytes()


def test_a_click_that_arrives_twice_is_written_once_and_noted(sandbox: Sandbox) -> None:
    first = sandbox.comment("tiktok", "once", "click-0001-a")
    again = sandbox.comment("tiktok", "once", "click-0001-a")
    assert again.json() == first.json()
    assert len(sandbox.effects("marker=once")) == 1
    assert sandbox.get("/_truth/deduplicated?platform=tiktok")[-1]["effect"] == first.json()["id"]


def test_many_copies_of_one_click_at_once_are_written_once(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sandbox.comment("instagram", "crowd", "click-0002-a"), range(8)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(sandbox.effects("marker=crowd")) == 1


def test_a_click_is_still_known_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        written = first.comment("instagram", "before", "click-0003-a").json()
    with running(tmp_path) as second:
        assert second.comment("instagram", "before", "click-0003-a").json() == written
        assert len(second.effects()) == 1


def test_a_reset_begins_an_epoch_and_truncates_nothing(sandbox: Sandbox) -> None:
    sandbox.comment("instagram", "old epoch")
    sandbox.arm("instagram", "challenge")
    epoch = sandbox.http.post("/_control/reset").json()["epoch"]
    assert sandbox.effects() == []
    assert sandbox.get("/_control/faults") == []
    assert all(row["text"] != "old epoch" for row in sandbox.comments("instagram"))
    assert [row["text"] for row in sandbox.effects(f"epoch={epoch - 1}")] == ["old epoch"]
    assert "old epoch" in [row["text"] for row in sandbox.effects("epoch=all")]


def test_truth_names_targets_as_the_caller_reaches_them(sandbox: Sandbox) -> None:
    sandbox.comment("instagram", "a remark")
    sandbox.message("instagram", "velvet_films", "a note")
    comment, message = sandbox.effects("platform=instagram")
    assert set(comment) == KEYS
    assert comment["target"] == sandbox.post("instagram")["url"]
    assert comment["target"].startswith(f"{sandbox.url}/instagram/p/")
    assert (message["kind"], message["target"], message["account"]) == ("dm", "velvet_films", "demo")
    assert sandbox.effects("marker=remark") == [comment]
    assert sandbox.effects("platform=tiktok") == []


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
def test_there_is_enough_to_comment_on_and_to_write_to(sandbox: Sandbox, platform: str) -> None:
    posts = sandbox.get(f"/_truth/posts?platform={platform}")
    assert len({post["url"] for post in posts}) >= 60
    assert len({row["handle"] for row in sandbox.get(f"/_truth/people?platform={platform}")}) >= 60


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_control/faults", b"not json"),
        ("POST", "/_control/faults", b"[]"),
        ("POST", "/_control/faults", b'{"platform":"myspace","fault":"slow"}'),
        ("POST", "/_control/faults", b'{"platform":"tiktok","fault":"gremlin"}'),
        ("POST", "/_control/faults", b'{"platform":"tiktok","fault":"slow","count":0}'),
        ("POST", "/_control/faults", b'{"platform":"tiktok","fault":"slow","seconds":1e9}'),
        ("POST", "/_control/faults", b'{"platform":"tiktok","fault":"slow","seconds":NaN}'),
        ("POST", "/_control/faults", b'{"platform":"tiktok","fault":"slow","sekonds":1}'),
        ("POST", "/_control/credits", b'{"platform":"tiktok","free":-1}'),
        ("POST", "/_control/reset?", b"x" * 100_000),
        ("GET", "/_truth/effects?platform=myspace", b""),
        ("GET", "/_truth/effects?epoch=soon", b""),
        ("GET", f"/_truth/effects?marker={'x' * 3000}", b""),
        ("POST", COMMENT_PATH["tiktok"], b'{"target":"1","text":"a","mutation":"12345678"}'),
        ("POST", COMMENT_PATH["tiktok"], b'{"text":"' + b"x" * 70_000 + b'"}'),
        ("POST", COMMENT_PATH["tiktok"], b"[" * 60_000),
    ],
)
def test_bad_input_is_refused_in_json(sandbox: Sandbox, method: str, path: str, body: bytes) -> None:
    answer = sandbox.http.request(method, path, content=body)
    if path.startswith("/_control/reset"):
        assert answer.status_code == 200  # takes no body, and reads none
        return
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]
    assert sandbox.effects() == []


@pytest.mark.parametrize("text", ["", "   ", "x" * 151, "nul\x00", 7, None])
def test_a_text_that_the_platform_would_not_take_is_not_written(sandbox: Sandbox, text: object) -> None:
    body = {"target": sandbox.post("tiktok")["id"], "text": text, "mutation": "click-0004-a"}
    assert sandbox.http.post(COMMENT_PATH["tiktok"], json=body).status_code == 400
    assert sandbox.effects() == []


def test_credits_are_kept(sandbox: Sandbox) -> None:
    stand = {"platform": "instagram", "free": 6, "paid": 0, "refreshes_at": "2026-12-01T00:00:00Z"}
    sandbox.http.post("/_control/credits", json=stand)
    assert sandbox.get("/_control/credits?platform=instagram") == [stand]


def test_sigterm_ends_it_at_once_and_a_held_connection_hears_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        sandbox.arm("instagram", "timeout_after_write")
        body = json.dumps({"target": sandbox.post("instagram")["id"], "text": "held", "mutation": "click-0005-a"}).encode()
        host, port = sandbox.url.removeprefix("http://").split(":")
        head = f"POST {COMMENT_PATH['instagram']} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(head.encode() + body)
            while not sandbox.effects("marker=held"):
                pass
            sandbox.process.terminate()
            assert sandbox.process.wait(2) == 0
            try:
                heard = connection.recv(100)
            except ConnectionResetError:
                heard = b""
            assert heard == b""


def test_a_second_sandbox_on_the_same_folder_is_told_so(tmp_path: Path) -> None:
    with running(tmp_path):
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(tmp_path)]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    assert second.returncode == 1
    assert "another sandbox already uses" in second.stderr
