"""What does an executor work with, and how is it bound to its task type?

An executor is one coroutine that reads top to bottom: it passes each outward step to `work.do`, which prepares it, writes
the intent, commits once and stores proof; what follows the steps (waiting, reading, downloading) comes after them. A
step that is confirmed already is not repeated: `work.do` returns its result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.contract.film import Film
from connectors.contract.following import Following
from shared.accounts.acting import ActingAccount
from shared.accounts.refresh import Refresher
from shared.outward_content import Content
from shared.settings import Settings
from shared.status import Status
from shared.task_types.spec import Payload, Proof, Result, TaskSpec
from shared.tasks.drafting.order import TaskOrder
from workers.interrupted import NotYet

P = TypeVar("P", bound=Payload)
R = TypeVar("R", bound=Result)
P_co = TypeVar("P_co", bound=Payload, covariant=True)
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Step:
    """One outward step: its name in the type's spec, its target, and its content, which names the capability that it needs.

    A step that the spec calls numbered is repeated as `post.2`.
    """

    name: str
    target: str
    content: Content


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a confirmed step."""

    external_id: str
    external_url: str
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Child:
    """A task that this one has made, and what came of it: its result where it is completed, else why it is not."""

    id: UUID
    status: Status
    result: dict[str, Any] | None
    error: dict[str, Any] | None


class Work(Protocol[P_co]):
    """One attempt at one task, as its executor sees it."""

    @property
    def task_id(self) -> UUID:
        """Return the task."""

    @property
    def payload(self) -> P_co:
        """Return what the client submitted."""

    @property
    def settings(self) -> Settings:
        """Return the process's settings."""

    @property
    def engine(self) -> AsyncEngine:
        """Return PostgreSQL's engine, as a worker."""

    @property
    def refresher(self) -> Refresher:
        """Return what refreshes tokens."""

    @property
    def account(self) -> ActingAccount:
        """Return the account that acts; for types with the lane `account`."""

    async def now(self) -> datetime:
        """Return the instant, on PostgreSQL's clock."""

    async def read(self, capability: str) -> Any:
        """Read something of the account, changing nothing.

        Raises:
            CallsheetError: it could not be read.
        """

    async def ask(self, capability: str, question: object) -> Any:
        """Read the answer to a question, changing nothing.

        Raises:
            CallsheetError: it could not be read.
        """

    def following(self, capability: str) -> AbstractAsyncContextManager[tuple[Film[Any], Any]]:
        """Return what follows the order of a film, with a session of the account for it.

        Raises:
            CallsheetError: there is no such session.
        """

    def patience_for(self, capability: str) -> Following:
        """Return the schedule of looks at what a capability orders, from the platform's manifest.

        Raises:
            NotConfigured: the platform cannot do it.
        """

    async def keep_evidence(self, evidence: dict[str, str]) -> None:
        """Store what an unreadable page looked like, in a folder with the attempt's number."""

    async def keep(self, name: str, make: Callable[[], Awaitable[K]], lasts: timedelta) -> K:
        """Return the result of step `name`, which is costly but not outward: an upload, a container.

        The result is plain JSON, and is stored under (task, step) for this long; until then no attempt makes it again.

        Raises:
            GateClosed, Cancelled, LeaseLost: it was not made, or the attempt no longer holds its task.
        """

    async def spawn(self, name: str, orders: Sequence[TaskOrder]) -> tuple[UUID, ...]:
        """Return the tasks that step `name` makes, the children of this one, in the order of its orders.

        They are stored once under (task, step), all or none: a later attempt gets the same ones, whatever it orders. They
        begin by themselves. At most 1,000 for a task, over three levels.

        Raises:
            ContentRejected: one of them is not as it must be, or there are too many; none is stored.
            GateClosed, Cancelled, LeaseLost: they were not made.
        """

    async def join(self, name: str) -> tuple[Child, ...]:
        """Return what came of the children of step `name`, in their order, once all of them are over.

        Raises:
            NotYet: they are not. The task waits without a worker until the last one is over.
        """

    async def progress(self, step: str, done: int, total: int | None = None, unit: str = "") -> None:
        """Report how far the task is; call it as often as you like, it is written once a second at most."""

    def not_yet(self, following: Following, message: str, *, counts: bool = True) -> NotYet:
        """Return the exception that parks the task until the next look at something that is being made: raise it.

        The task holds no worker, no browser and no lease meanwhile. `message` is the same after each look; how far it is
        stands in the progress. A look that does not count uses up no patience.

        Raises:
            ContentRejected: `not_made_in_time`: there is no patience left.
        """

    async def do(self, step: Step) -> Done:
        """Do an outward step at most once.

        Raises:
            GateClosed, Cancelled, Abandoned: it did not begin.
            CallsheetError: the platform refused, or the outcome is unknown.
        """


@dataclass(frozen=True, slots=True)
class Executor(Generic[P, R]):
    """The code of one task type."""

    spec: TaskSpec[P, R]
    perform: Callable[[Work[P]], Awaitable[R]]
