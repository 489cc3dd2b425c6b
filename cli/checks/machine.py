"""Does this machine have what a local home needs: browser, FFmpeg, disk?"""

from __future__ import annotations

from cli.checks.finding import Finding, wrong
from cli.local.browser import find_browser, version_of
from cli.local.check import check_disk
from cli.local.ffmpeg import find_ffmpeg
from shared.errors import NotConfigured
from shared.settings import Settings

COMFORTABLE_BYTES = 2 * 1024**3


def check_browser(settings: Settings) -> Finding:
    """Check that there is a Chrome or Chromium, and that it starts."""
    try:
        browser = find_browser(settings.browser)
        return Finding("browser", "ok", f"{version_of(browser)} ({browser})")
    except NotConfigured as error:
        return wrong("browser", error, "Run make setup, or set CALLSHEET_BROWSER.")


def check_ffmpeg() -> list[Finding]:
    """Report FFmpeg where it is there; without it nothing is reported, since films work without it."""
    found = find_ffmpeg()
    return [Finding("ffmpeg", "ok", str(found))] if found else []


def check_space(settings: Settings) -> Finding:
    """Check the free space where the home is."""
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    try:
        free = check_disk(folder)
    except NotConfigured as error:
        return wrong("disk", error)
    said = f"{free / 1024**3:.1f} GB free in {folder}"
    if free < COMFORTABLE_BYTES:
        return Finding("disk", "warn", said, "Make room: below 500 MB Callsheet does not start.")
    return Finding("disk", "ok", said)
