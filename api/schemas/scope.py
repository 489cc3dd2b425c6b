"""How does a client name a part of the system?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.task import Body

UUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
SCOPE = (
    r"^(all|lane:[a-z0-9-]{1,40}(\.[a-z0-9_-]{1,40}){0,2}|platform:[a-z0-9_-]{1,40}"
    rf"|account:[a-z0-9_-]{{1,40}}/[A-Za-z0-9._@-]{{1,100}}|account:{UUID_PATTERN})$"
)


class ScopeBody(Body):
    """Which part."""

    scope: Annotated[str, StringConstraints(pattern=SCOPE)] = Field(
        description="`all`, `lane:<name>`, `platform:<key>`, `account:<platform>/<handle>` or `account:<id>`."
    )


SCOPE_EXAMPLES: dict[str, Any] = {
    "lane": {"summary": "One lane", "value": {"scope": "lane:chromium.local.instagram"}},
    "account": {"summary": "One account", "value": {"scope": "account:instagram/demo"}},
}
