"""Which calls go through the door to a host's browser, and how are their answers and errors written?

Sessions: `take` (account, transport) and `leave`. Within one, what a `Page` asks of its browser: `open`, `address`,
`evaluate`, `wait_until`, `click`, `check_and_click`, `upload`, `download`, `screenshot`, `ui_changed`.
Outside of one: `end` (that nothing of a lane up to a token runs, nor ever will), `sign_in`, `forget`, `permissions`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.browser.driver import Locator, Pressed, Question, Way
from shared import errors
from shared.errors import CallsheetError, Transient

IN_SESSION = frozenset(
    {
        "take", "leave", "open", "address", "evaluate", "wait_until", "click", "check_and_click",
        "upload", "download", "screenshot", "ui_changed",
    }
)  # fmt: skip
OUTSIDE = frozenset({"end", "sign_in", "forget", "permissions"})
# Errors that a host may report. Every other one becomes `Transient`, or `OutcomeUnknown` where a click was sent.
ERRORS = {
    kind.__name__: kind
    for kind in (
        errors.Transient, errors.RateLimited, errors.ActionRequired, errors.ContentRejected, errors.OutcomeUnknown,
        errors.UiChanged, errors.NotConfigured,
    )
}  # fmt: skip
MOST_WORDS = 500


def locator_as_json(locator: Locator) -> dict[str, Any]:
    """Return a locator as it is written in a frame."""
    return {"name": locator.name, "ways": locator.as_json(), "source": locator.source}


def locator_of(said: dict[str, Any]) -> Locator:
    """Return the locator that is written in a frame."""
    return Locator(said["name"], tuple(Way(**way) for way in said["ways"]), said["source"])


def question_as_json(question: Question | None) -> dict[str, Any] | None:
    """Return a question as it is written in a frame."""
    return None if question is None else {"script": question.script, "arguments": list(question.arguments)}


def question_of(said: dict[str, Any] | None) -> Question | None:
    """Return the question that is written in a frame."""
    return None if said is None else Question(said["script"], tuple(said["arguments"]))


def pressed_as_json(pressed: Pressed) -> dict[str, Any]:
    """Return the result of the one click as it is written in a frame."""
    return {"clicked": pressed.clicked, "why": pressed.why, "seen": pressed.seen}


def pressed_of(said: dict[str, Any]) -> Pressed:
    """Return the result of the one click, from a frame."""
    return Pressed(clicked=bool(said["clicked"]), why=str(said["why"]), seen=said.get("seen"))


def error_as_json(error: CallsheetError) -> dict[str, Any]:
    """Return an error as it is written in a frame."""
    said: dict[str, Any] = {"kind": type(error).__name__, "code": error.code, "message": error.message[:MOST_WORDS]}
    if isinstance(error, errors.RateLimited):
        said["until"] = error.until.isoformat() if error.until else None
    if isinstance(error, errors.UiChanged):
        said |= {"locator": error.locator, "evidence": error.evidence}
    if isinstance(error, errors.NotConfigured):
        said["setting"] = error.setting
    return said


def error_of(said: dict[str, Any]) -> CallsheetError:
    """Return the error that is written in a frame; one that a host may not report becomes `Transient`."""
    kind = ERRORS.get(str(said.get("kind")), Transient)
    values: dict[str, Any] = {
        "code": str(said.get("code", "host_error")),
        "message": str(said.get("message", ""))[:MOST_WORDS],
    }
    if kind is errors.RateLimited:
        values["until"] = datetime.fromisoformat(said["until"]) if said.get("until") else None
    if kind is errors.UiChanged:
        evidence = {str(name): str(text) for name, text in (said.get("evidence") or {}).items()}
        values |= {"locator": str(said.get("locator", "")), "evidence": evidence}
    if kind is errors.NotConfigured:
        values["setting"] = str(said.get("setting", ""))
    return kind(**values)
