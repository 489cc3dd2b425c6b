"""Which facts do the gates read?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.engine.rules.breaker import Broken
from shared.engine.rules.budgets import NEVER, Use
from shared.engine.rules.cooldown import Cooldown
from shared.engine.rules.credits import Ledger
from shared.engine.rules.dependencies import Dependency
from shared.engine.rules.hours import Hours
from shared.engine.rules.limits import ANY, Limits
from shared.engine.rules.sleep import Asleep
from shared.ids import SYSTEM_WORKSPACE
from shared.status import Status


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """The facts of a task that gates read. `weight` is its share of a message: one over the type's batch size.

    `credits` is what it still needs before it begins: its own, and for a part of a run those of all parts that have none
    yet. `credits_at_least` must be there whatever it needs; `credits_queue` says that an earlier task waits for credits.
    `approved_hash` is the hash of the payload that was approved for its account and its time; `unfilled` says that the
    text refers to results that are not known yet. `acted` says that all its outward steps are done, and that it goes on
    with what follows. `at_once` is how many of what it orders its platform makes for an account at once (0: no limit).
    `hours` are its own. `waits_for_effect` is the open effect with the same text to the same target.
    """

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
    do_not_contact: str | None = None
    duplicate: Duplicate | None = None
    run_id: UUID | None = None
    credits: int = 0
    credits_at_least: int = 0
    credits_queue: bool = False
    runs_asleep: bool = False
    acted: bool = False
    unfilled: bool = False
    hours: Hours | None = None
    waits_for_effect: UUID | None = None
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A repetition: a message to the same person, or the same words; from when on it may be sent (None: never)."""

    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AccountState:
    """Whether an account can act. `stranded_on` names the host where a lost attempt is not yet known to be dead.

    `limits` are those of the account, its persona, its platform and its workspace, by the scope's key; `budget_scopes` are
    the keys of all four, limited or not: what the account does counts there. `making` is how many orders its platform is
    making for it.
    """

    state: str
    reason: str | None
    until: datetime | None
    host: str | None
    host_seen_at: datetime | None
    stranded_on: str | None
    practice: bool
    transport: str = "chromium"
    platform: str = ""
    zone: str = "UTC"
    consents: frozenset[str] = frozenset()
    cooldown: Cooldown | None = None
    limits: tuple[tuple[str, Limits], ...] = ()
    budget_scopes: tuple[str, ...] = ()
    making: int = 0


@dataclass(frozen=True, slots=True)
class ScopeUse:
    """The use of one budget scope's rules by the ledger, and until when an action must wait."""

    key: str
    uses: tuple[Use, ...]
    spaced_until: datetime | None


@dataclass(frozen=True, slots=True)
class Rest:
    """Why the workers of a lane pause, and until when; None: until they report otherwise."""

    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LaneState:
    """The load of a lane, and why it pauses. `load` is in messages: a half-done batch of 256 counts as half of one."""

    name: str
    concurrency: int
    workers: int
    load: float
    rest: Rest | None = None

    def resting(self, now: datetime) -> Rest | None:
        """Return the pause that holds the lane then."""
        if self.rest is None or (self.rest.until is not None and self.rest.until <= now):
            return None
        return self.rest


@dataclass(frozen=True, slots=True)
class ParkedScope:
    """A scope that a gate holds closed for one workspace until `opens_at`, or until somebody opens it."""

    workspace_id: UUID
    key: str
    gate: str
    reason: str
    opens_at: datetime | None


def without(scopes: tuple[ParkedScope, ...], gates: set[str]) -> tuple[ParkedScope, ...]:
    """Return the parked scopes without those of some gates."""
    return tuple(scope for scope in scopes if scope.gate not in gates)


def destination(platform: str, transport: str, capability: str) -> str:
    """Return the key of a breaker: platform, transport and capability."""
    return f"{platform}:{transport}:{capability}"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that gates read beside the task. `weights` has the workspaces whose share is not 1.

    `budgets` are counted for one account at a time, where exactness is worth the cost: before an intent and for an
    explanation. The dispatcher reads the scopes that the last intent has parked. `compared` says that this start of
    PostgreSQL was compared with the last note and found to be the same database.
    """

    now: datetime
    kill_switch: bool = False
    accounts: Mapping[UUID, AccountState] = field(default_factory=dict)
    lanes: Mapping[str, LaneState] = field(default_factory=dict)
    scopes: tuple[ParkedScope, ...] = ()
    weights: Mapping[UUID, int] = field(default_factory=dict)
    budgets: Mapping[UUID, tuple[ScopeUse, ...]] = field(default_factory=dict)
    credits: Mapping[UUID, Ledger] = field(default_factory=dict)
    asleep: Asleep | None = None
    breakers: Mapping[tuple[UUID, str], Broken] = field(default_factory=dict)
    compared: bool = True

    def parked_for(self, task: TaskFacts, gate: str) -> ParkedScope | None:
        """Return the parked scope that this gate keeps closed longest for a task's action: its account's or a wider one."""
        account = self.accounts.get(task.account_id) if task.account_id else None
        scopes = [key for key, _ in account.limits] if account else []
        keys = {f"{scope}#{action}" for scope in scopes for action in (task.capability, ANY)}
        held = [
            scope
            for scope in self.scopes
            if scope.gate == gate
            and scope.key in keys
            and scope.workspace_id == task.workspace_id
            and (scope.opens_at is None or scope.opens_at > self.now)
        ]
        return max(held, key=lambda scope: scope.opens_at or NEVER, default=None)

    def destination_of(self, task: TaskFacts) -> tuple[UUID, str] | None:
        """Return the workspace and the key of the breaker for a task; None where it calls nobody."""
        account = self.accounts.get(task.account_id) if task.account_id else None
        if account is None or task.platform is None:
            return None
        return task.workspace_id, destination(task.platform, account.transport, task.capability)

    def parked(self, gate: str, keys: tuple[str, ...], workspace: UUID) -> ParkedScope | None:
        """Return the first of these scopes that this gate keeps closed for a workspace, or for the whole system."""
        for scope in self.scopes:
            holds = scope.gate == gate and scope.key in keys and scope.workspace_id in {workspace, SYSTEM_WORKSPACE}
            if holds and (scope.opens_at is None or scope.opens_at > self.now):
                return scope
        return None
