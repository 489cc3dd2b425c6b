"""Which code does each capability of Runway?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.runway.film import FilmTask, KeyCheck, ReadBalance
from connectors.runway.order import Order

if TYPE_CHECKING:
    from connectors.contract.action import Action
    from connectors.contract.film import Film
    from connectors.contract.reading import Reader

ACTIONS: dict[tuple[str, str], Action[Any] | Film[Any] | Reader[Any, Any]] = {
    ("video", "api"): Order(),
    ("film", "api"): FilmTask(),
    ("credits", "api"): ReadBalance(),
    ("check", "api"): KeyCheck(),
}
