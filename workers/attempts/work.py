"""What does an executor work with? The parts of one attempt behind the executors' contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.contract.film import Film
from connectors.contract.following import Following
from shared.accounts.acting import ActingAccount
from shared.accounts.refresh import Refresher
from shared.db import clock
from shared.engine.store.progress import Progress
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.errors import ContentRejected
from shared.settings import Settings
from shared.task_types.registry import TASK_TYPES
from shared.tasks.drafting.order import TaskOrder
from workers.attempts.effect_ledger import AttemptLedger
from workers.attempts.evidence import keep_evidence
from workers.attempts.outward_step import OutwardSteps
from workers.attempts.process import WorkerProcess
from workers.attempts.readings import Readings
from workers.attempts.session import AccountSession
from workers.attempts.steps.children import Children
from workers.attempts.steps.kept_steps import K, KeptSteps
from workers.attempts.steps.progress import ProgressReport
from workers.executors.contract import Child, Done, P, Step
from workers.interrupted import NotYet


@dataclass
class AttemptWork(Generic[P]):
    """One attempt at one task: what its executor works with (`executors/contract.py`), and what it is made of."""

    process: WorkerProcess
    row: ClaimedTask
    payload: P
    may_act: bool = True
    session: AccountSession = field(init=False)
    readings: Readings = field(init=False)
    ledger: AttemptLedger = field(init=False)
    steps: OutwardSteps = field(init=False)
    kept: KeptSteps = field(init=False)
    children: Children = field(init=False)
    report: ProgressReport = field(init=False)

    def __post_init__(self) -> None:
        """Assemble the parts."""
        self.session = AccountSession(self.process, self.row)
        self.readings = Readings(self.session)
        self.ledger = AttemptLedger(self.process, self.row)
        self.steps = OutwardSteps(self.process, self.row, self.session, self.ledger, self.may_act)
        self.kept = KeptSteps(self.process, self.row, self.may_act)
        self.children = Children(self.process, self.row, self.may_act)
        self.report = ProgressReport(self.process, self.row)

    @property
    def refresher(self) -> Refresher:
        """Return what refreshes tokens."""
        return self.process.refresher

    @property
    def task_id(self) -> UUID:
        """Return the task's id."""
        return self.row.id

    @property
    def settings(self) -> Settings:
        """Return the process's settings."""
        return self.process.settings

    @property
    def engine(self) -> AsyncEngine:
        """Return PostgreSQL's engine, as a worker."""
        return self.process.engine

    @property
    def account(self) -> ActingAccount:
        """Return the account that acts."""
        acting = self.row.acting
        return ActingAccount(acting.id, acting.workspace_id, acting.platform, acting.handle)

    async def now(self) -> datetime:
        """Return the instant, on PostgreSQL's clock."""
        async with self.process.single.connect() as connection:
            return await clock.now(connection)

    async def read(self, capability: str) -> Any:
        """Read something of the account."""
        return await self.readings.read(capability)

    async def ask(self, capability: str, question: object) -> Any:
        """Read the answer to a question."""
        return await self.readings.ask(capability, question)

    def following(self, capability: str) -> AbstractAsyncContextManager[tuple[Film[Any], Any]]:
        """Return what follows the order of a film, with a session for it."""
        return self.readings.following(capability)

    def patience_for(self, capability: str) -> Following:
        """Return the schedule of looks at what a capability orders."""
        return self.readings.patience_for(capability)

    async def keep_evidence(self, evidence: dict[str, str]) -> None:
        """Store what a page looked like."""
        await keep_evidence(self.engine, self.settings, self.row, TASK_TYPES[self.row.type].capability, evidence)

    async def do(self, step: Step) -> Done:
        """Do an outward step at most once."""
        return await self.steps.do(step)

    async def keep(self, name: str, make: Callable[[], Awaitable[K]], lasts: timedelta) -> K:
        """Make something costly once and store it."""
        return await self.kept.keep(name, make, lasts)

    async def spawn(self, name: str, orders: Sequence[TaskOrder]) -> tuple[UUID, ...]:
        """Make children once."""
        return await self.children.spawn(name, orders)

    async def join(self, name: str) -> tuple[Child, ...]:
        """Wait for the children of a step, and take what came of them."""
        return await self.children.join(name)

    async def progress(self, step: str, done: int, total: int | None = None, unit: str = "") -> None:
        """Report how far it is."""
        await self.report.tell(Progress(step, done, total, unit))

    def not_yet(self, following: Following, message: str, *, counts: bool = True) -> NotYet:
        """Park the task until the next look at what is being made."""
        looks = self.row.looks + counts
        if looks >= following.patience:
            raise ContentRejected(
                code="not_made_in_time",
                message=f"After {looks} looks it is still {message}; a retry looks again, and orders nothing.",
            )
        return NotYet(code="being_made", message=message, wait_s=following.wait_s(looks), looked=True, counts=counts)
