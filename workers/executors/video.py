"""How is a `video` done? Not yet: no maker of videos is connected, and that is said instead of pretended."""

from __future__ import annotations

from shared.errors import NotConfigured
from shared.task_types.video import SPEC, VideoPayload, VideoResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[VideoPayload]) -> VideoResult:
    """Refuse.

    Raises:
        NotConfigured: always, naming the platform that cannot make videos.
    """
    platform = work.account.platform
    message = f"No maker of videos can generate here yet: {platform} only tells its credits."
    raise NotConfigured(message=message, setting=f"connectors/{platform}: video")


EXECUTOR = Executor(SPEC, perform)
