"""Which code does each capability of a maker that speaks `/v1/videos`?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.openai_videos.film import FilmJob, KeyCheck
from connectors.openai_videos.order import Order

if TYPE_CHECKING:
    from connectors.contract.action import Action
    from connectors.contract.film import Film
    from connectors.contract.reading import Reader

ACTIONS: dict[tuple[str, str], Action[Any] | Film[Any] | Reader[Any, Any]] = {
    ("video", "api"): Order(),
    ("film", "api"): FilmJob(),
    ("check", "api"): KeyCheck(),
}
