"""How does the practice Sora make a film: what it refuses, how far one is, and the file itself?

The file is a real MP4 (H.264), made by FFmpeg the first time that somebody asks for its format, and kept in memory.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    from sandbox.state import Pace
    from sandbox.truth import Effect

SIZES = {"9:16": (72, 128), "16:9": (128, 72)}
SECONDS = (10, 15, 25)
FORMATS = frozenset(f"{seconds} s {aspect}" for seconds in SECONDS for aspect in SIZES)
FRAMES_A_SECOND = 4

# By words of the prompt, so that every start and test sees the same.
REFUSED_AT_ONCE = {"celebrity": "This content may violate our guardrails concerning real people."}
FAILED_LATER = {
    "in the style of": "This content may violate our guardrails concerning third-party content.",
    "glitch": "Something went wrong while making this video.",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a film is; `said` is what the page says of one that failed."""

    state: str
    percent: int = 0
    said: str = ""


def against(prompt: str) -> str:
    """Answer what is said against a prompt; empty where nothing is."""
    return next((said for words, said in REFUSED_AT_ONCE.items() if words in prompt.casefold()), "")


def stage_of(film: Effect, pace: Pace) -> Stage:
    """Answer how far a film is by now."""
    passed = (datetime.now(UTC) - datetime.fromisoformat(film.at)).total_seconds() - pace.queued_s
    if passed < 0:
        return Stage("queued")
    if passed < pace.made_in_s:
        return Stage("processing", int(100 * passed / pace.made_in_s))
    said = next((said for words, said in FAILED_LATER.items() if words in film.text.casefold()), "")
    return Stage("failed", 0, said) if said else Stage("ready", 100)


async def file_of(target: str) -> bytes:
    """Answer the film's file."""
    return await asyncio.to_thread(_made, target)


@lru_cache(maxsize=len(FORMATS))
def _made(target: str) -> bytes:
    seconds, _, aspect = target.partition(" s ")
    width, height = SIZES[aspect]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=FRAMES_A_SECOND)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number in range(int(seconds) * FRAMES_A_SECOND):
                container.mux(stream.encode(_frame(width, height, number)))
            container.mux(stream.encode())
        return path.read_bytes()


def _frame(width: int, height: int, number: int) -> av.VideoFrame:
    """Answer one picture: a plain colour that wanders."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (16 + number * 5 % 200, 90, 160), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame
