"""How is a window of a Mac captured? By `screencapture`, which needs the permission to record the screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Literal

from shared.errors import Transient
from shared.settings import program_environment

CAPTURE_S = 10.0
MEND = "Allow it in System Settings, Privacy & Security, Screen & System Audio Recording."


async def capture(window: int, kind: Literal["png", "jpg"]) -> bytes:
    """Return a picture of the window, without its shadow.

    Raises:
        Transient: there is none.
    """
    program = shutil.which("screencapture")
    if program is None:
        raise Transient(code="no_screenshot", message="This machine has no screencapture.")
    with tempfile.TemporaryDirectory(prefix="callsheet-") as folder:
        path = Path(folder) / f"window.{kind}"
        process = await asyncio.create_subprocess_exec(
            program, "-x", "-o", "-l", str(window), "-t", kind, str(path),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
            env=program_environment(),
        )  # fmt: skip
        try:
            async with asyncio.timeout(CAPTURE_S):
                await process.wait()
        except TimeoutError as error:
            raise Transient(code="no_screenshot", message="The screenshot did not come in time.") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        picture = await asyncio.to_thread(lambda: path.read_bytes() if path.exists() else b"")
    if not picture:
        raise Transient(code="no_screenshot", message=f"macOS gave no picture of the window. {MEND}")
    return picture
