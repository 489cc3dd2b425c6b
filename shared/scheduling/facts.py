"""What does a gate know when it decides?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.ids import SYSTEM_WORKSPACE
from shared.status import Status


@dataclass(frozen=True, slots=True)
class Dependency:
    """One task that another waits for."""

    task_id: UUID
    status: Status


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What gates read of a task. `weight` is its share of a message: one over the type's batch size."""

    id: UUID
    workspace_id: UUID
    type: str
    status: Status
    lane: str
    platform: str | None
    account_id: UUID | None
    capability: str
    outward: bool
    weight: float
    not_before: datetime | None
    expires_at: datetime | None
    approval_required: bool
    payload_hash: str
    approved_hash: str | None
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountState:
    """Whether an account can act. `stranded_on` names the host where a lost attempt is not yet known to be dead."""

    state: str
    reason: str | None
    until: datetime | None
    host: str | None
    host_seen_at: datetime | None
    stranded_on: str | None
    practice: bool


@dataclass(frozen=True, slots=True)
class LaneState:
    """How full a lane is. `load` is in messages: a batch of 256 that is half done counts half."""

    name: str
    concurrency: int
    workers: int
    load: float


@dataclass(frozen=True, slots=True)
class ParkedScope:
    """A scope that a gate holds closed for one workspace until `opens_at`, or until somebody opens it."""

    workspace_id: UUID
    key: str
    gate: str
    reason: str
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class World:
    """Everything gates read beside the task."""

    now: datetime
    kill_switch: bool = False
    accounts: Mapping[UUID, AccountState] = field(default_factory=dict)
    lanes: Mapping[str, LaneState] = field(default_factory=dict)
    scopes: tuple[ParkedScope, ...] = ()

    def parked(self, gate: str, keys: tuple[str, ...], workspace: UUID) -> ParkedScope | None:
        """The first of these scopes that this gate still holds closed for a workspace, by its own word or the system's."""
        for scope in self.scopes:
            holds = scope.gate == gate and scope.key in keys and scope.workspace_id in {workspace, SYSTEM_WORKSPACE}
            if holds and (scope.opens_at is None or scope.opens_at > self.now):
                return scope
        return None
