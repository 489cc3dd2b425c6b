"""Where does a test's own process log? To what pytest takes for standard output at that moment, from any thread.

structlog's default is `print` without a file, which holds on to nothing: where pytest puts another output in its place while
a gateway's thread prints, the process ends with a segmentation fault (CPython's issue 130163, mended in later versions).
"""

from __future__ import annotations

import sys
from contextlib import suppress

import structlog


class StandardOutput:
    """Whatever standard output is just now; one that was closed meanwhile gets nothing."""

    def write(self, text: str) -> None:
        """Write to it."""
        with suppress(ValueError):
            sys.stdout.write(text)

    def flush(self) -> None:
        """Have it written."""
        with suppress(ValueError):
            sys.stdout.flush()


def log_safely() -> None:
    """Have structlog write there, for as long as nobody configures it."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(StandardOutput()))  # type: ignore[arg-type]  # all it calls
