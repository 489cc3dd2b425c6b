"""The tables, one file for each part of the domain."""

from shared.db.models.base import Base
from shared.db.models.credit import CreditObservation, CreditReservation, Run
from shared.db.models.effect import Effect, ProofFile
from shared.db.models.engine import Lane, Lease, Scope, Switch, Worker
from shared.db.models.identity import Account, ApiKey, Host, Persona, Workspace
from shared.db.models.limits import AccountCooldown, BudgetScope, Consent, DoNotContact, ScopeLimits
from shared.db.models.outward import Notice, Notification, UnservedLane, Webhook, WebhookDelivery
from shared.db.models.schedule import ArchivedProof, ArchivedTask, Forecast, Schedule
from shared.db.models.sleep import Breaker, Sleep, Wake
from shared.db.models.task import (
    Attempt,
    EventCounter,
    IdempotencyKey,
    Task,
    TaskDependency,
    TaskEvent,
)

__all__ = [
    "Account",
    "AccountCooldown",
    "ApiKey",
    "ArchivedProof",
    "ArchivedTask",
    "Attempt",
    "Base",
    "Breaker",
    "BudgetScope",
    "Consent",
    "CreditObservation",
    "CreditReservation",
    "DoNotContact",
    "Effect",
    "EventCounter",
    "Forecast",
    "Host",
    "IdempotencyKey",
    "Lane",
    "Lease",
    "Notice",
    "Notification",
    "Persona",
    "ProofFile",
    "Run",
    "Schedule",
    "Scope",
    "ScopeLimits",
    "Sleep",
    "Switch",
    "Task",
    "TaskDependency",
    "TaskEvent",
    "UnservedLane",
    "Wake",
    "Webhook",
    "WebhookDelivery",
    "Worker",
    "Workspace",
]
