"""How does a query name task types? By what they declare, as a list for `IN`: no type's name is written into the SQL."""

from __future__ import annotations

from collections.abc import Callable

from shared.task_types.registry import names_where
from shared.task_types.spec import AnySpec


def listed(holds: Callable[[AnySpec], bool]) -> str:
    """Return the names of the types of which something holds, as SQL; where there are none, a name that no type has."""
    return ", ".join(f"'{name}'" for name in names_where(holds)) or "''"
