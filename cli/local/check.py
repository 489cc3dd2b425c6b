"""What must be in order on this machine before anything starts?"""

from __future__ import annotations

import shutil
from pathlib import Path

from cli.local.browser import find_browser
from cli.local.port import require_free
from shared.errors import NotConfigured
from shared.settings import Settings

# PostgreSQL's write-ahead log may take 512 MB (see postgres.py) before it is cut back.
NEEDED_BYTES = 500 * 1024**2


def check_machine(settings: Settings) -> Path:
    """Check disk, ports and browser; return the browser's path.

    Raises:
        NotConfigured: one of them is missing; the message says which, and how to fix it.
    """
    check_disk(settings.home)
    require_free(settings.host, settings.port, what="gateway", setting="CALLSHEET_PORT")
    require_free("127.0.0.1", settings.flower_port, what="Flower", setting="CALLSHEET_FLOWER_PORT")
    require_free("127.0.0.1", settings.sandbox_port, what="practice sites", setting="CALLSHEET_SANDBOX_PORT")
    return find_browser(settings.browser)


def check_disk(home: Path) -> int:
    """Return the free bytes where the home is.

    Raises:
        NotConfigured: fewer than 500 MB.
    """
    free = shutil.disk_usage(home).free
    if free < NEEDED_BYTES:
        raise NotConfigured(
            setting="CALLSHEET_HOME",
            message=f"The disk of {home} is full: {free // 1024**2} MB are free, 500 MB are needed. "
            "Make room, or set CALLSHEET_HOME to a folder on another disk.",
        )
    return free
