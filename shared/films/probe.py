"""What does a film's own container say about it: length, size and codec?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.errors import NotMedia


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """A film as its file describes it; `seconds` is how long it plays, sizes are in pixels."""

    seconds: float
    width: int
    height: int
    codec: str


def facts_of(path: Path) -> FilmFacts:
    """Return what FFmpeg reads in an MP4's boxes; nothing but the file is opened.

    Raises:
        NotMedia: it is no MP4 with a film in it.
    """
    import av  # noqa: PLC0415 - 17 MB, for the one process that has a film to look at

    try:
        with av.open(str(path), format="mp4") as container:
            stream = next(iter(container.streams.video), None)
            if stream is None or container.duration is None or container.duration <= 0:
                raise NotMedia(message="The file has no film in it.")
            seconds = container.duration / av.time_base
            return FilmFacts(seconds, stream.width, stream.height, stream.codec_context.name)
    except (av.FFmpegError, ValueError) as error:
        raise NotMedia(message=f"The file cannot be read as a film: {error}"[:300]) from error
