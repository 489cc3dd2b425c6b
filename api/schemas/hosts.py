"""What does a client send about hosts?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.tasks import Body
from shared.identity.opaque import HOST, SHAPE
from shared.task_types.spec import LINE_BREAKS
from shared.validation import SHOWN_TEXT


class HostBody(Body):
    """A host that is to join."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] = Field(
        description="Stands in the names of its lanes; no two hosts of an installation have the same."
    )


class JoinBody(Body):
    """The token with which a host joins."""

    token: Annotated[str, StringConstraints(pattern=f"^{HOST}_{SHAPE}$")]


class GoneBody(Body):
    """A note of how a person knows that a host is gone."""

    note: Annotated[str, StringConstraints(pattern=SHOWN_TEXT, min_length=1, max_length=1000), LINE_BREAKS]


GONE_EXAMPLES: dict[str, Any] = {"stolen": {"value": {"note": "Stolen on the way home."}}}
HOST_EXAMPLES: dict[str, Any] = {"a Mac": {"value": {"name": "studio-mac"}}}
JOIN_EXAMPLES: dict[str, Any] = {"a token": {"value": {"token": f"{HOST}_{'x' * 43}"}}}
