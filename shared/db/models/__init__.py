"""The tables, one file for each part of the domain."""

from shared.db.models.approval import ApprovalRules
from shared.db.models.audit import AuditEntry
from shared.db.models.base import Base
from shared.db.models.credential import AccountCredential, OAuthRequest
from shared.db.models.credit import CreditObservation, CreditReservation, Run
from shared.db.models.effect import Effect, ProofFile
from shared.db.models.engine import DatabaseLoss, DatabaseNote, Lane, Lease, Scope, Switch, Worker
from shared.db.models.identity import Account, ApiKey, Host, HostCredential, HostToken, Persona, Workspace
from shared.db.models.interaction import Interaction
from shared.db.models.limits import AccountCooldown, BudgetScope, Consent, DoNotContact, ScopeLimits
from shared.db.models.media import Media
from shared.db.models.outward import Notice, Notification, UnservedLane, Webhook, WebhookDelivery
from shared.db.models.page import Drift, Evidence
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
from shared.db.models.schedule import ArchivedProof, ArchivedTask, Forecast, Schedule
from shared.db.models.sleep import Breaker, Sleep, Wake
from shared.db.models.task import (
    Attempt,
    EventCounter,
    IdempotencyKey,
    Task,
    TaskDependency,
    TaskEvent,
    WakeBacklog,
)

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
    "Breaker",
    "BudgetScope",
    "Consent",
    "CreditObservation",
    "CreditReservation",
    "DatabaseLoss",
    "DatabaseNote",
    "DoNotContact",
    "Drift",
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
    "Lane",
    "Lease",
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
    "Ticket",
    "UnservedLane",
    "Wake",
    "WakeBacklog",
    "Webhook",
    "WebhookDelivery",
    "Worker",
    "Workspace",
]
