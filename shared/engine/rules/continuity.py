"""Is this database still the same, or has it come back from an earlier state?

What was noted outside PostgreSQL is compared with what PostgreSQL says now. A standby that was promoted is on another
timeline; a data folder that was put back has an older note, although its log may by now be longer than it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Note:
    """The last note outside PostgreSQL. `lsn` is the position in its log, in bytes, that was on disk by then.

    `place` names the home that holds the note; number and token are stored under it in the database too.
    """

    place: UUID
    number: int
    token: UUID
    system_identifier: int
    timeline: str
    lsn: int
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The present state of PostgreSQL; number and token are those that it has of this home, None where it has none."""

    system_identifier: int
    timeline: str
    lsn: int
    number: int | None = None
    token: UUID | None = None


def loss(note: Note, found: Found) -> str:
    """Return the evidence that the database has lost something since the note; "" where there is none.

    A higher number than the note's is no loss: its writer was stopped between the database and the file.
    """
    noted = f"{note.noted_at:%Y-%m-%d %H:%M:%S} UTC"
    if found.system_identifier != note.system_identifier:
        return f"it is another database cluster than at {noted}"
    if found.timeline != note.timeline:
        return f"it is on timeline {int(found.timeline, 16)}, and was on {int(note.timeline, 16)} at {noted}"
    if found.number is None or found.number < note.number:
        return f"it does not know what was noted in it at {noted}"
    if found.number == note.number and found.token != note.token:
        return f"it has another note than the one of {noted}"
    if found.lsn < note.lsn:
        return f"its log ends before the place that was on disk at {noted}"
    return ""
