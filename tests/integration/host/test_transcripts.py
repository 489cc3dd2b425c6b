"""Is what was said in version 1 still understood, and still said? `tests/vectors/door/` has two sides' words in order.

A frame is compared as it came over the line. What no two conversations share is passed over: versions, ids of files, words
for people, and marks, which are those of the host's own clock (a mark that an earlier answer carried stands for the one that
it carries now).
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.browser.door_calls import error_of, pressed_of
from shared.door import Welcome, write
from tests.support.door import HOST, stand_in
from tests.support.host_program import running
from tests.support.scripted_browser import ScriptedBrowsers

VECTORS = sorted((Path(__file__).resolve().parents[2] / "vectors" / "door").glob("*.json"))


def answers_of(script: dict[str, Any]) -> dict[str, Any]:
    """What each step of the scripted browser comes to."""
    read = {"value": lambda said: said, "error": error_of, "pressed": pressed_of}
    return {step: read[kind](said) for step, one in script.items() for kind, said in one.items()}


def plain(said: Any) -> Any:
    """A frame without what no two conversations share."""
    if isinstance(said, dict):
        return {name: "…" if name in {"mark", "message", "version"} else plain(value) for name, value in said.items()}
    if isinstance(said, list):
        return [plain(value) for value in said]
    return "a file" if isinstance(said, str) and re.fullmatch("[0-9a-f]{32}", said) else said


def test_there_are_transcripts():
    assert len(VECTORS) >= 4


@pytest.mark.parametrize(
    "transcript", [json.loads(path.read_text()) for path in VECTORS], ids=[path.stem for path in VECTORS]
)
async def test_a_host_says_what_it_said(tmp_path: Path, transcript: dict[str, Any]):
    browsers = ScriptedBrowsers(answers_of(transcript["browser"]))
    marks: dict[float, float] = {}
    async with stand_in() as gateway, running(tmp_path, gateway, browsers):
        gateway.files |= {name: content.encode() for name, content in transcript.get("files", {}).items()}
        peer = await gateway.connected()
        for one in transcript["says"]:
            frame = one["frame"]
            match one["who"], frame["kind"]:
                case "installation", "welcome":
                    assert json.loads(write(Welcome(HOST, peer.number))) == frame
                case "installation", "call":
                    given = frame["given"]
                    if given.get("mark") in marks:
                        frame = frame | {"given": given | {"mark": marks[given["mark"]]}}
                    peer.waiting[frame["id"]] = asyncio.get_running_loop().create_future()
                    await peer.socket.send_text(json.dumps(frame))
                case "host", "answer":
                    await asyncio.wait_for(peer.waiting[frame["id"]], 20)
                    came = peer.said[frame["id"]]
                    assert plain(came) == plain(frame)
                    marks[frame["mark"]] = came["mark"]
                case "host", "hello":
                    assert plain(peer.said["hello"]) == plain(frame)
    assert browsers.done == transcript["done"]
