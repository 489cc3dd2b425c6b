"""Where is FFmpeg on this machine? Set-up installs a package that contains it."""

from __future__ import annotations

import shutil
from pathlib import Path


def find_ffmpeg() -> Path | None:
    """Return the program that set-up has installed, else one on the PATH; None where there is neither."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415 - an extra, which production does not install

        return Path(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        found = shutil.which("ffmpeg")
        return Path(found) if found else None
