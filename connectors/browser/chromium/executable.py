"""Which browser program on this machine is used?"""

from __future__ import annotations

import shutil
from pathlib import Path

from shared.errors import NotConfigured

NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
MEND = "Install Chrome or Chromium, or set CALLSHEET_BROWSER to its path."


def find_executable(asked: str, downloaded: str = "") -> str:
    """Return the browser to run: the asked one, else one on the PATH or in /Applications, else Playwright's own download.

    Raises:
        NotConfigured: there is none.
    """
    if asked:
        found = shutil.which(str(Path(asked).expanduser()))
        if found is None:
            raise NotConfigured(message=f"{asked} is no program that can be run. {MEND}", setting="CALLSHEET_BROWSER")
        return found
    candidates = (*map(shutil.which, NAMES), *PLACES, downloaded)
    for path in candidates:
        if path and Path(path).is_file():
            return path
    raise NotConfigured(message=f"No browser was found. {MEND}", setting="CALLSHEET_BROWSER")
