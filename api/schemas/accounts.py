"""What does a client send about accounts?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from api.schemas.names import Handle, Platform
from api.schemas.tasks import WHOLE, Body, Id
from shared.accounts.begin_oauth import SignIn
from shared.accounts.change import AccountChange
from shared.accounts.connect import NewAccount

_ORIGIN = "On the practice site of that platform instead of the real one."
_WORD = r"^[a-z][a-z0-9_]{0,39}$"
HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
_SIGNS = r"^[ -~]{1,4096}$"
# Written out: pydantic's own schema says nothing of names that do not fit.
_PARTS_SCHEMA = {
    "type": "object",
    "propertyNames": {"pattern": _WORD},
    "additionalProperties": {"type": "string", "pattern": _SIGNS},
    "minProperties": 1,
    "maxProperties": 10,
}
# From every five minutes to once a day: a reading takes a lane for up to two minutes.
InboxEvery = Annotated[int, Field(ge=300, le=86_400, strict=True), WHOLE]
_INBOX = "How often its inbox is read by itself (seconds); null: not by itself."
SecretParts = Annotated[
    dict[Annotated[str, StringConstraints(pattern=_WORD)], Annotated[str, StringConstraints(pattern=_SIGNS)]],
    Field(min_length=1, max_length=10),
    WithJsonSchema(_PARTS_SCHEMA),
]


class _AccountBody(Body):
    platform: Platform
    handle: Handle = Field(description="With or without `@`.")
    persona: Id = Field(description="Who owns it.")
    practice: bool = Field(default=False, strict=True, description=_ORIGIN)
    inbox_every_s: InboxEvery | None = Field(None, description=_INBOX)


class SecretAccountBody(_AccountBody):
    """An account that signs in at the platform's API with a secret that a person copied there."""

    transport: Literal["api"]
    secret: SecretParts = Field(description="What the platform calls its parts; encrypted, and never shown again.")

    def as_new(self) -> NewAccount:
        """Return it as the use case takes it."""
        who = (self.platform, self.handle, self.persona, self.transport)
        more = dict(self.secret)
        return NewAccount(*who, practice=self.practice, inbox_every_s=self.inbox_every_s, secret=more)


class BrowserAccountBody(_AccountBody):
    """An account that is signed in in a browser on a host."""

    transport: Literal["chromium", "safari"]
    host: HostName = Field(description="The name of the machine whose browser it is.")

    def as_new(self) -> NewAccount:
        """Return it as the use case takes it."""
        who = (self.platform, self.handle, self.persona, self.transport)
        return NewAccount(*who, practice=self.practice, inbox_every_s=self.inbox_every_s, host=self.host)


AccountBody = Annotated[SecretAccountBody | BrowserAccountBody, Field(discriminator="transport")]


class AccountPatch(Body):
    """Changes to an account; fields that are not named stay."""

    persona: Id | None = Field(None, description="The persona that is to own it.")
    inbox_every_s: InboxEvery | None = Field(None, description=_INBOX)

    def as_change(self) -> AccountChange:
        """Return it as the use case takes it; null turns the reading of the inbox off, and fields not named stay."""
        return AccountChange(self.persona, "inbox_every_s" in self.model_fields_set, self.inbox_every_s)


class SignInBody(Body):
    """The persona and the handle for which somebody signs in at the platform."""

    persona: Id = Field(description="Who owns the account.")
    handle: Handle | None = Field(None, description="Who is expected to sign in; else whoever does.")

    def as_sign_in(self, platform: str) -> SignIn:
        """Return it as the use case takes it."""
        return SignIn(platform, self.persona, self.handle)


_PERSONA = "01990f3d-0a10-7b20-8d30-4e40f5506a70"
ACCOUNT_EXAMPLES: dict[str, Any] = {
    "browser": {
        "summary": "In a browser",
        "value": {
            "platform": "instagram",
            "handle": "studio.nord",
            "persona": _PERSONA,
            "transport": "chromium",
            "host": "local",
        },
    },
    "secret": {
        "summary": "With a secret from the platform",
        "value": {
            "platform": "runway",
            "handle": "studio.nord",
            "persona": _PERSONA,
            "transport": "api",
            "secret": {"api_key": "as it was copied", "model": "as the platform calls it"},
        },
    },
}
CHANGE_EXAMPLES: dict[str, Any] = {
    "move": {"summary": "To another persona", "value": {"persona": _PERSONA}},
    "inbox": {"summary": "Its inbox every hour", "value": {"inbox_every_s": 3600}},
}
SIGN_IN_EXAMPLES: dict[str, Any] = {"anybody": {"summary": "Whoever signs in", "value": {"persona": _PERSONA}}}
