"""What does a platform say when it refuses, and which of our errors is that?

Each connector has one table of `Refusal` in its `errors.py`; this file looks things up in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.browser.pages.text import normal
from shared.errors import AccountBlocked, ActionRequired, CallsheetError, ContentRejected, RateLimited, Transient

if TYPE_CHECKING:
    from collections.abc import Iterable

DUPLICATE = "duplicate"  # refused because the account wrote this text there before
SAID = 200  # characters of the platform's own words that a message quotes

RefusalError = type[AccountBlocked | ActionRequired | ContentRejected | RateLimited | Transient]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: words that the platform shows, or a marker (a locator's name), and what it means.

    Words are looked for in notices only (alerts, dialogs), never in what people wrote, in any case of letters.
    `certain` says that nothing was made when this appears after the click; else the outcome has to be looked up.
    """

    error: RefusalError
    code: str
    words: str = ""
    marker: str = ""
    message: str = ""
    certain: bool = True


Refusals = tuple[Refusal, ...]


def by_words(table: Refusals, notices: Iterable[str]) -> tuple[Refusal, CallsheetError] | None:
    """Return the first row whose words stand in one of the notices, with its error, which quotes the platform."""
    for notice in map(normal, notices):
        for row in table:
            if row.words and row.words.casefold() in notice.casefold():
                return row, row.error(code=row.code, message=row.message or f"The platform says: {notice[:SAID]}")
    return None


def by_marker(table: Refusals, marker: str) -> CallsheetError | None:
    """Return the error that a marker on the page stands for, None where it stands for none."""
    row = next((row for row in table if row.marker == marker), None)
    return row.error(code=row.code, message=row.message) if row else None


def markers_of(table: Refusals) -> list[str]:
    """Return the markers in the table, in its order."""
    return [row.marker for row in table if row.marker]
