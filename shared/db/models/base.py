"""What do all tables share?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Id = Annotated[UUID, mapped_column(primary_key=True)]
WorkspaceId = Annotated[UUID, mapped_column(ForeignKey("workspaces.id"))]
CreatedAt = Annotated[datetime, mapped_column(server_default=func.clock_timestamp())]
Json = dict[str, Any]
SerialId = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]


class Base(DeclarativeBase):
    """Base of every table. Text is unbounded in PostgreSQL; bounds are checked by the gateway and by constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute from the class
        str: Text,
        datetime: DateTime(timezone=True),
        Json: JSONB,
        list[str]: ARRAY(Text),
        list[UUID]: ARRAY(Uuid),
    }


def one_of(column: str, values: tuple[str, ...]) -> str:
    """Return the text of a check that a column holds one of these values (status columns are text, see design)."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
