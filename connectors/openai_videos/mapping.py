"""How do the protocol's formats and states become ours?"""

from __future__ import annotations

from openai.types import Video

from connectors.contract.film import Stage

SIZES = {"9:16": "720x1280", "16:9": "1280x720"}
# Codes of a job that failed because of what was asked for; the full list was never published.
REJECTED = frozenset({"moderation_blocked", "content_policy_violation", "invalid_prompt"})


def stage_of(video: Video) -> Stage:
    """How far a video is."""
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
