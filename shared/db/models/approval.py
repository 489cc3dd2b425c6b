"""Which tasks somebody must approve."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt


class ApprovalRules(Base):
    """A workspace's rules, in their order, as `shared.engine.rules.approval` reads them."""

    __tablename__ = "approval_rules"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    document: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    changed_at: Mapped[CreatedAt]
    four_eyes: Mapped[bool] = mapped_column(server_default=false())
