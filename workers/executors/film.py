"""How is a `film` followed? By short looks; between them the task waits, and once the film is made its file is stored."""

from __future__ import annotations

from dataclasses import replace

from connectors.contract.action import Receipt
from connectors.contract.following import Following
from shared.errors import ContentRejected
from shared.films.keep import FilmFile, keep_film
from shared.media.upload import Room
from shared.task_types.film import SPEC, FilmPayload, FilmResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[FilmPayload]) -> FilmResult:
    """Check the film, and fetch its file once it is made.

    Raises:
        NotYet: it is being made.
        ContentRejected: its maker made nothing, or has not made it after the last look.
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
    if stage.percent is not None:
        await work.progress("film", max(0, min(100, stage.percent)), 100, "%")
    raise work.not_yet(_patience(work), stage.state, counts=not stage.held)


def _patience(work: Work[FilmPayload]) -> Following:
    """Return the schedule of looks of its maker's manifest, unless the installation sets another."""
    declared, settings = work.patience_for(SPEC.capability), work.settings
    if settings.film_poll_s:
        declared = replace(declared, every_s=settings.film_poll_s, grows=1)
    return replace(declared, patience=settings.film_polls) if settings.film_polls else declared


def _sender(work: Work[FilmPayload]) -> str:
    return f"{work.account.platform}/{work.account.handle}"


EXECUTOR = Executor(SPEC, perform)
