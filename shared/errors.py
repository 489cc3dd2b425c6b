"""What can go wrong in a task, and what is done about each?

The set is closed. The class says what to do next (`shared/engine/rules/retry.py` matches on it exhaustively), `code`
names the case for programs, `message` is for the person who reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(eq=False)
class CallsheetError(Exception):
    """Base of every error that Callsheet raises on purpose."""

    code: str = "error"
    message: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(eq=False)
class Transient(CallsheetError):
    """It may work later by itself: try again with backoff. Nothing outward happened."""

    code: str = "transient"


@dataclass(eq=False)
class RateLimited(CallsheetError):
    """The platform asked for a pause; `until` is from the platform, None where it gave none."""

    code: str = "rate_limited"
    until: datetime | None = None


@dataclass(eq=False)
class AuthExpired(CallsheetError):
    """The sign-in ran out: refresh once, then pause the account."""

    code: str = "auth_expired"


@dataclass(eq=False)
class ActionRequired(CallsheetError):
    """A person must act (challenge, login, wrong account): the account pauses."""

    code: str = "action_required"


@dataclass(eq=False)
class ContentRejected(CallsheetError):
    """The platform or the target does not take this content: never try again."""

    code: str = "content_rejected"


@dataclass(eq=False)
class OutcomeUnknown(CallsheetError):
    """The outward step may have happened: verify before anything else.

    `for_person` where reading the platform cannot tell, so that it is not read.
    """

    code: str = "outcome_unknown"
    for_person: bool = False


@dataclass(eq=False)
class UiChanged(CallsheetError):
    """A page no longer looks as the page object expects: the capability pauses and the evidence is kept."""

    code: str = "ui_changed"
    locator: str = ""
    evidence: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class AccountBlocked(CallsheetError):
    """The platform refuses this account's actions: cooldown."""

    code: str = "account_blocked"
    until: datetime | None = None


@dataclass(eq=False)
class NotConfigured(CallsheetError):
    """A setting, key, tool or worker is missing; `setting` names it. Fails at once."""

    code: str = "not_configured"
    setting: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message} (set {self.setting})" if self.setting else super().__str__()


TaskError = (
    Transient
    | RateLimited
    | AuthExpired
    | ActionRequired
    | ContentRejected
    | OutcomeUnknown
    | UiChanged
    | AccountBlocked
    | NotConfigured
)


@dataclass(eq=False)
class RequestRefused(CallsheetError):
    """A request that cannot be done as asked; `field` names the part of the request, where there is one."""

    code: str = "refused"
    field: str = ""


@dataclass(eq=False)
class NotFound(RequestRefused):
    """The request names something that does not exist, or is not the caller's."""

    code: str = "not_found"


@dataclass(eq=False)
class Conflict(RequestRefused):
    """The request does not fit the present state."""

    code: str = "conflict"


@dataclass(eq=False)
class Gone(RequestRefused):
    """The position from which the request goes on does not exist: begin anew; the message says where."""

    code: str = "gone"


@dataclass(eq=False)
class ImportRefused(Conflict):
    """A list of which nothing was imported; `faults` says for each wrong line (its place, what is wrong with it)."""

    code: str = "import_refused"
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(eq=False)
class TooLarge(RequestRefused):
    """More was sent than is allowed."""

    code: str = "too_large"


@dataclass(eq=False)
class NotMedia(RequestRefused):
    """The upload is no file of an accepted kind."""

    code: str = "not_media"


@dataclass(eq=False)
class Invalid(RequestRefused):
    """The request is well-formed and still wrong."""

    code: str = "invalid"


@dataclass(eq=False)
class Malformed(Invalid):
    """A part of the request is malformed; `faults` says for each field what is wrong with it."""

    faults: tuple[tuple[str, str], ...] = ()
