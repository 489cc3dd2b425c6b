"""Which rule of the database did a statement violate? By the constraint's name, as PostgreSQL reports it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

# The purpose of each rule; their names stand in the migrations.
OPEN_TASK = "uq_attempts_open_task"
OPEN_BROWSER = "uq_attempts_open_browser"
STEP = "uq_effects_step"
AMBIGUOUS = "uq_effects_ambiguous"
EXTERNAL_ID = "uq_effects_external"
PERSONA_NAME = "uq_personas_workspace_id_name"

FOREIGN_KEY = "fk_"  # the prefix of every foreign key's name


def violated(error: BaseException) -> str:
    """Return the name of the constraint (or unique index) that was violated; empty where the error names none."""
    if not isinstance(error, IntegrityError):
        return ""
    diagnosis = getattr(error.orig, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or "")


def violates(*names: str) -> Callable[[BaseException], bool]:
    """Return a test of whether an error is the violation of one of these constraints."""

    def check(error: BaseException) -> bool:
        return violated(error) in names

    return check
