"""How is a `film` followed? One short look; while it is being made the task waits, once it is made its file is kept."""

from __future__ import annotations

from connectors.contract.action import Receipt
from connectors.contract.film import Stage
from shared.db.session import single_statements
from shared.errors import ContentRejected
from shared.films import repository as films
from shared.films.keep import FilmFile, keep_film
from shared.media.upload import Room
from shared.task_types.film import SPEC, FilmPayload, FilmResult
from workers.executors.contract import Executor, Work
from workers.interrupted import NotYet


async def perform(work: Work[FilmPayload]) -> FilmResult:
    """Look, and fetch what is made.

    Raises:
        NotYet: it is being made.
        ContentRejected: its maker made nothing, or has not made it after all looks that there may be.
    """
    payload, settings = work.payload, work.settings
    made = Receipt(payload.external_id, payload.external_url, "")
    async with work.following(SPEC.capability) as (film, session):
        stage = await film.check(session, made)
        if stage.state == "ready":
            room = Room(settings.max_media_bytes, settings.media_quota_bytes)
            wanted = FilmFile(payload.media_id, work.account.workspace_id, payload.seconds, _sender(work))
            body = film.pieces(session, made, room.most)
            return await keep_film(engine=work.engine, home=settings.home, room=room, wanted=wanted, body=body)
    if stage.state == "failed":
        raise ContentRejected(code=stage.code, message=stage.message)
    raise await _wait(work, stage)


async def _wait(work: Work[FilmPayload], stage: Stage) -> NotYet | ContentRejected:
    async with single_statements(work.engine).connect() as connection:
        looks = await films.count_checks(connection, work.task_id) + 1
    if looks >= work.settings.film_polls:
        message = f"After {looks} looks it is still {stage.state}; a retry looks again, and orders nothing."
        return ContentRejected(code="not_made_in_time", message=message)
    how_far = "" if stage.percent is None else f", {stage.percent} %"
    message = f"{stage.state}{how_far}; look {looks} of {work.settings.film_polls}"
    return NotYet(code="being_made", message=message, wait_s=work.settings.film_poll_s)


def _sender(work: Work[FilmPayload]) -> str:
    return f"{work.account.platform}/{work.account.handle}"


EXECUTOR = Executor(SPEC, perform)
