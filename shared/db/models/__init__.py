"""The tables, one file for each part of the domain."""

from shared.db.models.account import Account
from shared.db.models.approval import ApprovalRules
from shared.db.models.archive import ArchivedProof, ArchivedTask
from shared.db.models.audit import AuditEntry
from shared.db.models.base import Base
from shared.db.models.batch import Batch
from shared.db.models.breaker import Breaker
from shared.db.models.credential import AccountCredential, OAuthRequest
from shared.db.models.credit import CreditObservation, CreditReservation
from shared.db.models.effect import Effect, ProofFile
from shared.db.models.engine import DatabaseLoss, DatabaseNote, Lane, Lease, Scope, Switch, UnservedLane, Worker
from shared.db.models.forecast import Forecast
from shared.db.models.host import Host, HostCredential, HostToken
from shared.db.models.identity import ApiKey, Workspace
from shared.db.models.interaction import Interaction
from shared.db.models.limits import AccountCooldown, BudgetScope, Consent, DoNotContact, ScopeLimits
from shared.db.models.locator_drift import Evidence, LocatorDrift
from shared.db.models.media import Media
from shared.db.models.notifications import Notice, Notification
from shared.db.models.people import (
    GatewaySecret,
    Invitation,
    Member,
    Person,
    RecoveryCode,
    RefreshToken,
    Session,
    SetupToken,
    Ticket,
)
from shared.db.models.persona import Persona
from shared.db.models.run import Run
from shared.db.models.schedule import Schedule
from shared.db.models.sleep import Sleep, Wake
from shared.db.models.step import ChildCount, KeptStep, TaskProgress
from shared.db.models.task import (
    Attempt,
    EventCounter,
    IdempotencyKey,
    Task,
    TaskDependency,
    TaskEvent,
    WakeBacklog,
)
from shared.db.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Account",
    "AccountCooldown",
    "AccountCredential",
    "ApiKey",
    "ApprovalRules",
    "ArchivedProof",
    "ArchivedTask",
    "Attempt",
    "AuditEntry",
    "Base",
    "Batch",
    "Breaker",
    "BudgetScope",
    "ChildCount",
    "Consent",
    "CreditObservation",
    "CreditReservation",
    "DatabaseLoss",
    "DatabaseNote",
    "DoNotContact",
    "Effect",
    "EventCounter",
    "Evidence",
    "Forecast",
    "GatewaySecret",
    "Host",
    "HostCredential",
    "HostToken",
    "IdempotencyKey",
    "Interaction",
    "Invitation",
    "KeptStep",
    "Lane",
    "Lease",
    "LocatorDrift",
    "Media",
    "Member",
    "Notice",
    "Notification",
    "OAuthRequest",
    "Person",
    "Persona",
    "ProofFile",
    "RecoveryCode",
    "RefreshToken",
    "Run",
    "Schedule",
    "Scope",
    "ScopeLimits",
    "Session",
    "SetupToken",
    "Sleep",
    "Switch",
    "Task",
    "TaskDependency",
    "TaskEvent",
    "TaskProgress",
    "Ticket",
    "UnservedLane",
    "Wake",
    "WakeBacklog",
    "Webhook",
    "WebhookDelivery",
    "Worker",
    "Workspace",
]
