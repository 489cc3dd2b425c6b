"""May the Safari lane of this Mac work now? Only within its hours, and while no person uses the Mac."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import structlog

from shared.settings import Settings, program_environment

log = structlog.get_logger()

IDLE = re.compile(rb'"HIDIdleTime" = (\d+)')
NANOSECONDS = 1_000_000_000
LONGEST_S = 5.0


@dataclass(frozen=True, slots=True)
class Resting:
    """Why the lane pauses, until when (in UTC), and for how many seconds at least.

    A person may stay for any time: such a pause has no end.
    """

    reason: str
    until: datetime | None
    wait_s: float


async def resting(settings: Settings, now: datetime) -> Resting | None:
    """Return why the Safari lane of this Mac pauses, None where it may work; `now` is the Mac's own time, with its zone."""
    lane, hours = f"safari.{settings.host_name}", settings.safari_hours
    if hours and (opens := opens_at(hours, now)) is not None:
        return Resting(f"{lane} works {hours} by its Mac's clock", opens.astimezone(UTC), (opens - now).total_seconds())
    if not settings.safari_idle_s:
        return None
    idle_s = await idle_for()
    if idle_s is None or idle_s >= settings.safari_idle_s:
        return None
    return Resting(f"a person uses the Mac of {lane}", None, max(1.0, settings.safari_idle_s - idle_s))


def opens_at(hours: str, now: datetime) -> datetime | None:
    """Return when hours such as `09:00-21:00` begin next, None within them; `22:00-06:00` span midnight."""
    begins, ends = (time.fromisoformat(part) for part in hours.split("-"))
    clock = now.time().replace(tzinfo=None)
    within = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if within or begins == ends:
        return None
    opens = now.replace(hour=begins.hour, minute=begins.minute, second=0, microsecond=0)
    return opens if opens > now else opens + timedelta(days=1)


async def idle_for() -> float | None:
    """Return for how many seconds nobody has touched keyboard, mouse or trackpad; None where this machine does not say."""
    program = shutil.which("ioreg")
    if program is None:
        return None
    process = await asyncio.create_subprocess_exec(
        program, "-c", "IOHIDSystem", "-d", "4",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=program_environment(),
    )  # fmt: skip
    try:
        async with asyncio.timeout(LONGEST_S):
            said, _ = await process.communicate()
    except TimeoutError:
        log.warning("mac.idle_unknown")
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    found = IDLE.search(said)
    return int(found[1]) / NANOSECONDS if found else None
