"""What is to be done about an account that does not act? One sentence for each reason."""

from __future__ import annotations

_CONNECT = "Connect it again; it keeps its id and its history."
_SIGN_IN = "Sign in on its host with `callsheet account connect`, then check it."

ADVICE: dict[str, str] = {
    "paused_by_person": "Resume it when it may act again.",
    "sign_in_needed": _SIGN_IN,
    "sign_in_again": _CONNECT,
    "disconnected": _CONNECT,
    "auth_expired": _CONNECT,
    "logged_out": _SIGN_IN,
    "wrong_account": _SIGN_IN,
    "challenge": "Answer the platform's check by hand on the account's host, then resume the account.",
    "passcode": "Enter the chat's passcode once in the account's browser on its host, then resume the account.",
    "draft_present": "Send or remove the draft by hand, then resume the account.",
}
_BY_STATE = {
    "paused": "See to the reason, then resume the account.",
    "blocked": "The platform refuses this account: look at it there, and resume it when the block has ended.",
    "disconnected": _CONNECT,
}


# The codes that a check's good sign-in clears, and the code for a bad one.
SIGN_IN_CODES = frozenset({"sign_in_needed", "logged_out", "wrong_account", "challenge", "auth_expired"})


def advice(state: str, code: str | None) -> str | None:
    """Return what a person should do; None where there is nothing to do."""
    return ADVICE.get(code or "") or _BY_STATE.get(state)
