"""What does a client say about people who are not to be contacted?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.names import Platform
from api.schemas.tasks import Body, Id
from connectors.registry import platform_names
from shared.do_not_contact.import_list import MOST_AT_ONCE, Line, read_csv
from shared.do_not_contact.view import Entry, Kind

LONGEST_CSV = 8_000_000
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", min_length=1, max_length=2048)]
Reason = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=500)]


class EntryBody(Body):
    """A person who is not to be contacted."""

    name: Name = Field(description="A handle, with or without its @; or a domain, or any address on it.")
    kind: Kind = Field("handle", description="A domain stops whatever is aimed at an address on it.")
    platform: Platform | None = Field(None, description="Only there; else on every platform.")
    persona_id: Id | None = Field(None, description="Only by this persona; else by all of them.")
    reason: Reason = Field("", description="What a task says that is stopped by it.")

    def entry(self) -> Entry:
        """Return it as the list stores it."""
        return Entry(self.name, self.kind, self.platform, self.persona_id, self.reason)


class ListBody(Body):
    """A list to be imported, as entries or as the text of a CSV file; both may be given."""

    entries: list[EntryBody] = Field([], max_length=MOST_AT_ONCE)
    csv: Annotated[str, StringConstraints(max_length=LONGEST_CSV)] = Field(
        "",
        description="A first line of column names: `kind,name,platform,persona_id,reason`, of which `name` must be there.",
    )

    def lines(self) -> list[Line]:
        """Return each entry with its line."""
        named = [(number, body.entry()) for number, body in enumerate(self.entries, start=1)]
        return named + (read_csv(self.csv, platform_names()) if self.csv else [])


ENTRY_EXAMPLES: dict[str, Any] = {
    "person": {"summary": "A person, everywhere", "value": {"name": "@maple_studio", "reason": "asked us to stop"}},
    "domain": {"summary": "Everything on a domain", "value": {"name": "example.org", "kind": "domain"}},
}
LIST_EXAMPLES: dict[str, Any] = {
    "entries": {"summary": "As entries", "value": {"entries": [{"name": "maple_studio", "platform": "instagram"}]}},
    "csv": {"summary": "As CSV", "value": {"csv": "name,platform\r\nmaple_studio,instagram\r\n"}},
}
