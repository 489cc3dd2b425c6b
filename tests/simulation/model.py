"""What is simulated? Workspaces, accounts, tasks and an in-memory platform, all drawn from one seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from shared.engine.rules.budgets import Used
from shared.engine.rules.dependencies import Dependency
from shared.engine.rules.facts import AccountState, TaskFacts
from shared.engine.rules.hours import Hours
from shared.engine.rules.limits import BY_PERSONA
from tests.simulation.platforms import BY_API, RULES

# The clocks of Berlin go back on 25 October, those of New York a week later.
START = datetime(2026, 10, 22, tzinfo=UTC)
WEEK = timedelta(days=7)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
BROWSED = ("instagram", "x", "tiktok", "threads")
ACTIONS = dict.fromkeys(BROWSED, ("comment", "dm")) | {"linkedin": ("dm",), "youtube": ("comment",)}
FILMS, FILMER, FILMS_AT_ONCE = "video", 301, 3
BURST = timedelta(minutes=10)
# Some of each lies outside of the quiet hours of every account.
HOURS = (
    Hours(time(10), time(16)),
    Hours(time(12), time(18), days=("mo", "tu", "we", "th", "fr")),
    Hours(time(20), time(11), "Europe/Berlin"),
)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the platform saw."""

    task: UUID
    account: UUID
    action: str
    intended: datetime
    at: datetime
    text: str
    to: str | None


@dataclass(slots=True)
class Task:
    """One task and all that happened to it."""

    facts: TaskFacts
    submitted: datetime
    approved: datetime
    due_at: datetime
    text: str
    to: str | None
    rank: int = 3
    status: str = "pending"
    wake_key: str | None = None
    retries: int = 0
    absent: int = 0
    code: str = ""
    ended: datetime | None = None

    @property
    def id(self) -> UUID:
        return self.facts.id

    @property
    def workspace_id(self) -> UUID:
        return self.facts.workspace_id

    @property
    def lane(self) -> str:
        return self.facts.lane


@dataclass(slots=True)
class Span:
    """Something that holds from one instant to another."""

    key: object
    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Jump:
    """Time is lost by all processes at once, or, where `by` is negative, PostgreSQL's clock is set back."""

    at: datetime
    by: timedelta


@dataclass(slots=True)
class Model:
    """Everything that a seed draws."""

    rng: random.Random
    seed: int = 0
    accounts: dict[UUID, AccountState] = field(default_factory=dict)
    platform_of: dict[UUID, str] = field(default_factory=dict)
    workspace_of: dict[UUID, UUID] = field(default_factory=dict)
    lane_of: dict[UUID, str] = field(default_factory=dict)
    concurrency: dict[str, int] = field(default_factory=dict)
    tasks: dict[UUID, Task] = field(default_factory=dict)
    consents: dict[UUID, datetime] = field(default_factory=dict)
    pauses: list[Span] = field(default_factory=list)  # by account
    kills: list[Span] = field(default_factory=list)  # by workspace
    outages: list[Span] = field(default_factory=list)  # by lane: no worker
    jumps: list[Jump] = field(default_factory=list)
    left_alone: set[tuple[UUID, str]] = field(default_factory=set)  # (workspace, person)
    ledger: list[tuple[UUID, str, UUID, Used]] = field(default_factory=list)  # (account, platform, task, effect)


def draw(seed: int) -> Model:
    """A week of three workspaces on six platforms."""
    model = Model(random.Random(seed), seed)
    for number in range(3):
        _workspace(model, UUID(int=1 + number))
    for number in range(model.rng.randint(25, 60)):
        _task(model, UUID(int=10_000 + number), list(model.tasks.values()))
    _films(model)
    _hours(model)
    _troubles(model)
    return model


def _workspace(model: Model, workspace: UUID) -> None:
    zone = model.rng.choice(ZONES)
    persona = f"persona:{workspace}"
    for number, platform in enumerate(model.rng.sample([*BROWSED, *BY_API], 3)):
        account = UUID(int=workspace.int * 100 + number)
        transport = "api" if platform in BY_API else "chromium"
        lane = f"api.{platform}" if transport == "api" else f"chromium.w{workspace.int}.{platform}"
        key = f"account:{account}"
        scopes = ((key, RULES[platform].limits), (persona, BY_PERSONA))
        model.accounts[account] = AccountState(
            "connected", *[None] * 5, practice=False, transport=transport, platform=platform, zone=zone, limits=scopes
        )
        model.platform_of[account], model.workspace_of[account], model.lane_of[account] = platform, workspace, lane
        model.concurrency[lane] = 2 if transport == "api" else 1
        late = model.rng.random() < 0.3
        model.consents[account] = START + timedelta(hours=model.rng.uniform(1, 60)) if late else START


def _task(model: Model, task: UUID, before: list[Task]) -> None:
    rng = model.rng
    account = rng.choice(list(model.accounts))
    platform = model.platform_of[account]
    action = rng.choice(ACTIONS[platform])
    submitted = START + timedelta(seconds=rng.uniform(0, WEEK.total_seconds() * 0.6))
    later = submitted + timedelta(hours=rng.uniform(1, 30)) if rng.random() < 0.3 else None
    needs = rng.sample(before, min(len(before), rng.choice((0, 0, 0, 1, 2))))
    asks = rng.random() < 0.2
    facts = TaskFacts(
        id=task,
        workspace_id=model.workspace_of[account],
        type=action,
        status="pending",
        lane=model.lane_of[account],
        platform=platform,
        account_id=account,
        capability=action,
        outward=True,
        weight=1,
        not_before=later,
        expires_at=None,
        approval_required=asks,
        payload_hash="as written",
        approved_hash=None,
        dependencies=tuple(Dependency(one.id, "pending") for one in needs),
    )
    approved = submitted + timedelta(hours=rng.uniform(0, 40)) if asks else submitted
    person = f"person {rng.randint(1, 12)}" if action == "dm" else None
    words = f"Words number {rng.randint(1, 8)} of {rng.choice(('a poem', 'the recipe', 'my thanks'))}"
    text = words if rng.random() < 0.15 else f"{words}: {task.int * 7919 % 100003}-{rng.random()}"
    model.tasks[task] = Task(facts, submitted, approved, later or submitted, text, person, rank=rng.randint(1, 5))


def _films(model: Model) -> None:
    """One account in nine orders films instead, all within minutes; with dice of its own: the rest stays as it is."""
    dice, firsts = random.Random(model.seed + 1), dict[UUID, datetime]()
    for task in model.tasks.values():
        account = task.facts.account_id
        if account is not None and account.int == FILMER:
            begins = firsts.setdefault(account, task.submitted) + dice.random() * BURST
            task.approved += begins - task.submitted
            task.submitted = task.due_at = begins
            task.to = None
            task.facts = replace(task.facts, type=FILMS, capability=FILMS, at_once=FILMS_AT_ONCE, not_before=None)


def _hours(model: Model) -> None:
    """One task in six has hours of its own; with dice of their own too."""
    dice = random.Random(model.seed + 2)
    for task in model.tasks.values():
        if dice.random() < 1 / 6:
            task.facts = replace(task.facts, hours=dice.choice(HOURS))


def _troubles(model: Model) -> None:
    rng = model.rng

    def span(key: object, hours: float) -> Span:
        begins = START + timedelta(seconds=rng.uniform(0, WEEK.total_seconds()))
        return Span(key, begins, begins + timedelta(hours=rng.uniform(0.1, hours)))

    model.pauses = [span(rng.choice(list(model.accounts)), 20) for _ in range(rng.randint(0, 3))]
    model.kills = [span(UUID(int=rng.randint(1, 3)), 6) for _ in range(rng.randint(0, 2))]
    model.outages = [span(rng.choice(list(model.concurrency)), 12) for _ in range(rng.randint(0, 3))]
    model.left_alone = {(UUID(int=rng.randint(1, 3)), f"person {rng.randint(1, 12)}") for _ in range(rng.randint(0, 4))}


def rule_of(platform: str) -> str:
    """The text that an owner accepts."""
    return next((policy.rule for policy in RULES[platform].policy.values() if policy.rule), "")
