"""What does a message to a person say of an event?"""

from __future__ import annotations

from typing import Any

from shared.events import EventType

DEFAULT_TYPES: tuple[EventType, ...] = (
    "account.blocked",
    "account.paused",
    "approval.requested",
    "credits.refreshed",
    "do_not_contact.doubtful",
    "lane.unserved",
    "system.paused",
    "task.unknown",
    "webhook.disabled",
)

_TITLES: dict[str, str] = {
    "account.blocked": "A platform blocks an account",
    "account.paused": "An account is paused",
    "approval.requested": "A task waits for approval",
    "credits.refreshed": "There are credits again",
    "credits.unknown": "Credits cannot be read",
    "do_not_contact.doubtful": "Somebody may have asked to be left alone",
    "lane.unserved": "Tasks wait for a worker",
    "lane.served": "A worker is back",
    "system.paused": "Everything is paused: PostgreSQL came back from an earlier state",
    "system.running": "The system is awake",
    "system.sleeping": "The system sleeps",
    "task.unknown": "Nobody knows whether a task was done",
    "webhook.disabled": "A webhook is disabled",
}
# In this order; fields that an event does not have are left out.
_LINES = ("platform", "account", "lane", "task_type", "url", "reason")
LONGEST_LINE = 300


def words_of(kind: str | None, data: dict[str, Any] | None, subject: object) -> tuple[str, str]:
    """Return title and body of a message; without an event it is a test."""
    if kind is None:
        return "Callsheet: a test", "This notification works."
    said = data or {}
    error = said.get("error") or {}
    lines = [f"{name.replace('_', ' ')}: {str(said[name])[:LONGEST_LINE]}" for name in _LINES if said.get(name)]
    lines += [f"error: {str(error.get('message'))[:LONGEST_LINE]}"] if error.get("message") else []
    lines += [f"task: {subject}"] if subject else []
    return f"Callsheet: {_TITLES.get(kind, kind)}", "\n".join([kind, *lines])
