"""What does one check of the doctor report?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.errors import CallsheetError


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `mend` is empty while the state is ok."""

    name: str
    state: Literal["ok", "warn", "wrong"]
    what: str
    mend: str = ""


def wrong(name: str, error: CallsheetError, mend: str = "") -> Finding:
    """Return an error of ours as a finding; our messages say how to fix it where that is known."""
    return Finding(name, "wrong", error.message, mend)
