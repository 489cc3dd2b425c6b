"""What does one check of the doctor say?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.errors import CallsheetError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` is empty while the state is ok."""

    name: str
    state: Literal["ok", "warn", "wrong"]
    what: str
    mend: str = ""


def wrong(name: str, error: CallsheetError, mend: str = "") -> Finding:
    """An error of ours as a finding; our messages carry their mend where they know one."""
    return Finding(name, "wrong", error.message, mend)
