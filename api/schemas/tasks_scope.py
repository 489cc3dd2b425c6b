"""How does a client name a part of the system?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.tasks import Body

UUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
SCOPE = (
    r"^(all|lane:[^\x00]{1,125}|platform:[^\x00]{1,60}"
    rf"|account:[^/\x00]{{1,60}}/[A-Za-z0-9._@-]{{1,100}}|account:{UUID_PATTERN})$"
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
