"""What does a client send about people, keys and workspaces?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.instant import Instant
from api.schemas.notifications import Name
from api.schemas.tasks import Body, Id
from shared.engine.rules.approval import Author
from shared.identity.caller import Role, Scope
from shared.identity.opaque import INVITATION, REFRESH, SETUP, SHAPE
from shared.identity.sign_in.passwords import LONGEST, SHORTEST

# The local part may be of any script; whether mail can be delivered there is checked where a new person is made.
_EMAIL = r"^[^\x00-\x20\x7f-\xa0@]+@[^\x00-\x20\x7f-\xa0@]+$"
Email = Annotated[str, StringConstraints(pattern=_EMAIL, min_length=3, max_length=254)]
_TEXT = r"^[^\x00-\x1f\x7f]*$"
Password = Annotated[str, StringConstraints(pattern=_TEXT, min_length=1, max_length=LONGEST)]
NewPassword = Annotated[
    str,
    StringConstraints(pattern=_TEXT, min_length=SHORTEST, max_length=LONGEST),
    Field(description="Any characters; not one of those that are guessed first."),
]


Code = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[a-z0-9]{5}-[a-z0-9]{5})$")]


class SetupBody(Body):
    """The first owner of this installation."""

    token: Annotated[str, StringConstraints(pattern=f"^{SETUP}_{SHAPE}$")] = Field(
        description="From the gateway's log, or from `$CALLSHEET_HOME/setup-token`."
    )
    email: Email
    password: NewPassword
    workspace: Name = Field(description="The name of the first workspace.")


class LoginBody(Body):
    """The credentials with which a person signs in."""

    email: Email
    password: Password
    code: Code | None = Field(None, description="From an authenticator app, or a recovery code, where one is asked for.")
    workspace: Id | None = Field(None, description="Whose member signs in, where several people are known by this address.")
    cookies: bool = Field(
        default=False, strict=True, description="Hand the tokens over as cookies, for pages of the gateway."
    )


class RefreshBody(Body):
    """The refresh token to exchange."""

    refresh_token: Annotated[str, StringConstraints(pattern=f"^{REFRESH}_{SHAPE}$")] | None = Field(
        None, description="Not needed where it comes as a cookie; the answer's tokens are cookies then, too."
    )


class PasswordBody(Body):
    """The old and the new password."""

    current: Password
    password: NewPassword


class TotpBody(Body):
    """The password, which setting up an authenticator app requires once more."""

    password: Password


class TotpEndBody(TotpBody):
    """A last code, which turns codes off."""

    code: Code | None = Field(None, description="From the app, or a recovery code, where one is asked for.")


class CodeBody(Body):
    """A code of the app."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class KeyBody(Body):
    """A new key's name and rights."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)] = Field(description="At most what you have yourself.")
    expires_at: Instant | None = Field(None, description="Null: it does not expire.")
    author: Author | None = Field(
        None, description="Whose words it brings: those of a `person` (unless said), a `template` or an `ai`."
    )


class WorkspaceBody(Body):
    """A new workspace."""

    name: Name


class RoleBody(Body):
    """The new role of a member."""

    role: Role


class InvitationBody(Body):
    """The person to invite, and their role."""

    email: Email
    role: Role


class AcceptBody(Body):
    """An invitation that is accepted."""

    token: Annotated[str, StringConstraints(pattern=f"^{INVITATION}_{SHAPE}$")]
    password: NewPassword | None = Field(
        None, description="For a new person. Who is known sends their access token instead."
    )


_RANDOM = "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0"
_PASSWORD = "three herons on a fence"  # noqa: S105 - an example
SETUP_EXAMPLES: dict[str, Any] = {
    "first": {
        "summary": "The first owner",
        "value": {
            "token": f"{SETUP}_{_RANDOM}",
            "email": "mara@example.org",
            "password": _PASSWORD,
            "workspace": "studio",
        },
    }
}
LOGIN_EXAMPLES: dict[str, Any] = {
    "program": {"summary": "A program", "value": {"email": "mara@example.org", "password": _PASSWORD}},
    "browser": {"summary": "A page", "value": {"email": "mara@example.org", "password": _PASSWORD, "cookies": True}},
}
REFRESH_EXAMPLES: dict[str, Any] = {
    "program": {"summary": "A program", "value": {"refresh_token": f"{REFRESH}_{_RANDOM}"}},
    "browser": {"summary": "A page, by its cookie", "value": {}},
}
PASSWORD_EXAMPLES: dict[str, Any] = {
    "change": {"summary": "Another password", "value": {"current": _PASSWORD, "password": "seven crows under an arch"}}
}
TOTP_EXAMPLES: dict[str, Any] = {"password": {"summary": "Your password", "value": {"password": _PASSWORD}}}
TOTP_END_EXAMPLES: dict[str, Any] = {
    "both": {"summary": "Your password and a code", "value": {"password": _PASSWORD, "code": "492039"}}
}
CODE_EXAMPLES: dict[str, Any] = {"code": {"summary": "What the app shows", "value": {"code": "492039"}}}
KEY_EXAMPLES: dict[str, Any] = {
    "submit": {"summary": "For a program that submits", "value": {"name": "planner", "scopes": ["read", "submit"]}}
}
WORKSPACE_EXAMPLES: dict[str, Any] = {"one": {"summary": "Another workspace", "value": {"name": "second studio"}}}
ROLE_EXAMPLES: dict[str, Any] = {"approver": {"summary": "May approve", "value": {"role": "approver"}}}
INVITATION_EXAMPLES: dict[str, Any] = {
    "editor": {"summary": "An editor", "value": {"email": "noor@example.org", "role": "editor"}}
}
ACCEPT_EXAMPLES: dict[str, Any] = {
    "new": {"summary": "A new person", "value": {"token": f"{INVITATION}_{_RANDOM}", "password": _PASSWORD}},
    "known": {"summary": "Signed in", "value": {"token": f"{INVITATION}_{_RANDOM}"}},
}
