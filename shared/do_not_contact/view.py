"""How is an entry of the do-not-contact list written by a client, and how is it shown?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.do_not_contact.repository import EntryRow
from shared.engine.rules.recipients import domain_of, handle_of
from shared.ids import new_id
from shared.names import folded
from shared.page import View
from shared.task_types.spec import one_line_break

Kind = Literal["handle", "domain"]
Source = Literal["person", "import", "stop_word", "doubtful"]
MOST_ENTRIES = 100_000
# What names are compared without; between two names it would make one of them that is nobody's.
_WITHIN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A person who is not to be contacted. Without a platform on any of them, without a persona by any of them."""

    name: str
    kind: Kind = "handle"
    platform: str | None = None
    persona_id: UUID | None = None
    reason: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as it is stored, with its name in comparable form.

        Raises:
            ValueError: its name is no handle, or no domain.
        """
        if _WITHIN.search(self.name.strip()):
            message = "A name is one line: write each person as an entry of their own."
            raise ValueError(message)
        name = domain_of(self.name) if self.kind == "domain" else handle_of(self.name)
        return {
            "id": new_id(),
            "kind": self.kind,
            "handle": name,
            "platform": self.platform,
            "persona_id": self.persona_id,
            "reason": one_line_break(self.reason) if folded(self.reason) else "asked not to be contacted",
        }


class EntryView(View):
    """An entry of the do-not-contact list."""

    id: UUID
    kind: Kind
    name: str = Field(description="A handle in small letters without its @, or a domain.")
    platform: str | None = Field(description="null: on every platform.")
    persona_id: UUID | None = Field(description="null: by every persona.")
    reason: str = Field(description="What a task says that is stopped by it.")
    source: Source = Field(description="`doubtful`: perhaps asked to be left alone, and is until a person decides.")
    added_by: str
    created_at: datetime


def view_entry(row: EntryRow) -> EntryView:
    """Return an entry as it is shown."""
    return EntryView.of(row, name=row.handle)


def name_of(row: Mapping[str, Any]) -> str:
    """Return the name of a stored entry, in the form in which tasks name their targets."""
    return row["handle"] if row["kind"] == "domain" else f"@{row['handle']}"
