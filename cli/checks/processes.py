"""Does the supervisor of this home's parts live? Parts that a killed supervisor left behind are named."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cli.checks.finding import Finding
from cli.local.supervision.process import has_record, name_of, processes_of, supervisor_of
from cli.local.supervision.supervisor import LISTENING, Supervisor
from shared.errors import Transient
from shared.settings import Settings

NAMED = 5  # parts that the finding names; it says how many more there are


def check_processes(settings: Settings) -> list[Finding]:
    """Check the supervisor; report nothing where `callsheet up` has not started this home, or has stopped it."""
    if not has_record(settings.home):
        return []
    if running := supervisor_of(settings.home):
        return [Finding("supervisor", "ok", f"keeps the parts running (pid {running.pid}){_later(settings.home)}")]
    left = [name_of(process) for process in processes_of(settings.home)]
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    said = f"its parts run on, and none is started again when it ends: {', '.join(left[:NAMED])}{more}"
    mend = "`callsheet down` ends what is left, `callsheet up` starts everything anew."
    return [Finding("supervisor", "wrong", f"was killed; {said if left else 'nothing of it is left'}", mend)]


def _later(home: Path) -> str:
    """Return the parts that are not there and need not be."""
    with suppress(Transient):
        if later := sorted(name for name, state in Supervisor(home).states().items() if state.word == LISTENING):
            return f"; at the first connection starts: {', '.join(later)}"
    return ""
