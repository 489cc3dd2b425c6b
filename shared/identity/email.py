"""Which e-mail address is meant? One spelling for each, so that nobody has two accounts by it."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from shared.errors import Conflict


def new_email(text: str) -> str:
    """The address of somebody new, as it is kept.

    Raises:
        Conflict: no mail can go there.
    """
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        message = f"This is no e-mail address: {error}"
        raise Conflict(code="email_refused", field="email", message=message[:300]) from error
    return known_email(found.normalized)


def known_email(text: str) -> str:
    """The spelling under which an address is looked up; upper and lower case are the same person."""
    return unicodedata.normalize("NFC", text.strip()).lower()
