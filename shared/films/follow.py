"""A video was ordered: the task that follows it is made once, and the video waits for its end."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.engine.store import attempts, tasks
from shared.engine.store.limits import credits
from shared.engine.store.rows.task_rows import TaskRow
from shared.films import repository
from shared.ids import new_id
from shared.task_types.film import SPEC, FilmPayload, FilmResult
from shared.tasks.drafting.follow_up import add_follow_up

# Codes of a film whose maker itself says that it has made nothing, and will not.
MADE_NOTHING = frozenset({"text_refused", "generation_failed"})


@dataclass(frozen=True, slots=True)
class OrderedFilm:
    """The maker's id of the film, its address there, and the length that was ordered (seconds)."""

    external_id: str
    external_url: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Followed:
    """The state of the following: `result` once it is completed, `code` and `message` once it has failed."""

    is_over: bool = False
    result: FilmResult | None = None
    code: str = ""
    message: str = ""


async def follow_film(*, engine: AsyncEngine, video: UUID, ordered: OrderedFilm) -> Followed:
    """Return the state of the task that follows a video's order; it is made if there is none yet.

    Making it spends the order's credits: what a page shows from now on is without them. Where it has failed, and the video
    with it, and the video is retried, then it is followed again, and not ordered again.
    """
    async with engine.begin() as connection:
        row = await tasks.lock(connection, video)
        found = await repository.find_follow_up(connection, video, SPEC.type)
        if found is None and row is not None:
            await credits.spend(connection, video)
            payload = FilmPayload(
                external_id=ordered.external_id,
                external_url=ordered.external_url,
                seconds=ordered.seconds,
                media_id=new_id(),
            )
            await add_follow_up(connection, row, SPEC, payload)
        elif found is not None and await _is_asked_again(connection, video, found):
            await tasks.replay(connection, [found.id], by="a retry of its video")
            found = None
    return Followed() if found is None else _state(found)


async def _is_asked_again(connection: AsyncConnection, video: UUID, film: TaskRow) -> bool:
    code = (film.error or {}).get("code")
    if film.status != "failed" or code in MADE_NOTHING:
        return False
    return await attempts.has_failed_since(connection, video, film.finished_at)


def _state(film: TaskRow) -> Followed:
    match film.status:
        case "completed":
            return Followed(is_over=True, result=FilmResult.model_validate(film.result))
        case "failed":
            error = film.error or {}
            return Followed(is_over=True, code=error.get("code", "failed"), message=error.get("message", ""))
        case "cancelled":
            return Followed(is_over=True, code="cancelled", message="The task that follows the film was cancelled.")
        case _:
            return Followed()
