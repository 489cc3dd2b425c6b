"""How are the protocol's formats and states translated into ours?"""

from __future__ import annotations

import re

from openai.types import Video

from connectors.contract.content import FilmOptions
from connectors.contract.film import Stage

SIZES = {"9:16": "720x1280", "16:9": "1280x720"}
# Codes of a job that failed because of what was asked for; the full list was never published.
REJECTED = frozenset({"moderation_blocked", "content_policy_violation", "invalid_prompt"})

_SIZE = re.compile(r"\s*(\d+)\s*[x*]\s*(\d+)\s*", re.IGNORECASE)
_SECONDS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*s?\s*")


def same_words(one: str, other: str) -> bool:
    """Return whether two prompts are the same but for their spacing."""
    return one.split() == other.split()


def differences(video: Video, wanted: FilmOptions, model: str) -> list[str]:
    """Return in what a video differs from its order. What a host does not tell, or tells differently, is not compared."""
    size, seconds = _SIZE.fullmatch(str(video.size)), _SECONDS.fullmatch(str(video.seconds))
    found = []
    if size and f"{size[1]}x{size[2]}" != SIZES[wanted.aspect]:
        found.append("size")
    if seconds and float(seconds[1]) != wanted.seconds:
        found.append("length")
    if video.model and video.model != model:
        found.append("model")
    return found


def stage_of(video: Video) -> Stage:
    """Return how far a video is."""
    match video.status:
        case "queued":
            return Stage("queued")
        case "in_progress":
            return Stage("processing", video.progress)
        case "completed":
            return Stage("ready", 100)
        case "failed":
            code = video.error.code if video.error else ""
            said = video.error.message if video.error else "it failed, without a reason"
            ours = "text_refused" if code in REJECTED else "generation_failed"
            return Stage("failed", code=ours, message=f"The maker says: {said[:300]}")
