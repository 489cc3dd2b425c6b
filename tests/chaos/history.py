"""What is known after a run of chaos? What was asked for, what the platforms say arrived, and what the ledger says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Instants are Unix seconds. PostgreSQL, the platforms and the client read the clock of one machine.


@dataclass(frozen=True)
class Asked:
    """One task as the client asked for it. `ids` are the ids it was answered; none where no answer ever came."""

    marker: str
    platform: str
    account: str
    at: float
    scheduled_for: float | None = None
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """One row of a platform's truth. `repeated`: the platform knew the key, and made nothing.

    `pid` is the process that called, where the platform is told.
    """

    marker: str
    platform: str
    account: str
    at: float
    pid: int | None
    external_id: str
    repeated: bool = False


@dataclass(frozen=True)
class TaskRow:
    """A task at the end. `waits_for_person`: nothing will look at it again by itself."""

    id: str
    marker: str
    status: str
    code: str = ""
    waits_for_person: bool = False


@dataclass(frozen=True)
class AttemptRow:
    """An attempt. `over_at`: it has ended, and what was lost is known to be dead; None: not yet.

    `written_in` is the transaction that wrote the row as it is.
    """

    id: int
    task: str
    account: str
    kind: str
    exclusive: bool
    pid: int
    began: float
    ended: float | None
    over_at: float | None
    written_in: str = ""


@dataclass(frozen=True)
class EffectRow:
    """An effect in the ledger."""

    task: str
    attempt: int
    outcome: str
    external_id: str | None


@dataclass(frozen=True)
class EventRow:
    """A task's change of state, and the transaction that wrote it."""

    task: str
    status: str
    at: float
    written_in: str = "?"


@dataclass(frozen=True)
class Limit:
    """What was set for an account."""

    window_s: float
    most: int
    spacing_s: float


@dataclass(frozen=True)
class Span:
    """From when on the database has forgotten everything, until when, and when all went on."""

    copied: float
    back: float
    resumed: float


@dataclass(frozen=True)
class History:
    """All of it. `faults`: how many struck somebody; `shown`: unknown tasks that the gateway lists.

    Of what attempts did in a span of `forgotten` the database knows nothing.
    """

    asked: tuple[Asked, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    attempts: tuple[AttemptRow, ...] = ()
    effects: tuple[EffectRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    limits: Mapping[tuple[str, str], Limit] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    faults: int = 0
    forgotten: tuple[Span, ...] = ()
