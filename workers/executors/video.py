"""How is a `video` done? It is ordered once; a `film` task follows it until its file is here, and this one waits."""

from __future__ import annotations

from connectors.registry import MANIFESTS
from shared.db.session import single_statements
from shared.errors import ContentRejected, NotConfigured
from shared.films import repository as films
from shared.films.follow import MADE_NOTHING, OrderedFilm, follow_film
from shared.films.hand_over import Handed, Makers, Why, find_handed, hand_over
from shared.task_types.video import SPEC, VideoPayload, VideoResult
from workers.executors.contract import Done, Executor, Step, Work
from workers.interrupted import NotYet

MAKERS: Makers = {
    (manifest.platform, one.transport): one.seconds
    for manifest in MANIFESTS.values()
    for one in manifest.capabilities
    if one.name == SPEC.capability
}
# The message for an order that may not be repeated, whichever maker has it.
NOBODYS = frozenset({"do_not_contact", "duplicate"})


async def perform(work: Work[VideoPayload]) -> VideoResult:
    """Order it, or find that it was ordered; wait, or return its result.

    Raises:
        NotYet: its film is being made.
        ContentRejected, NotConfigured: its maker made nothing of it and no other can, or its file could not be fetched.
    """
    handed = await find_handed(engine=work.engine, video=work.task_id)
    if handed is not None:
        return _of_another(handed, work.account.platform)
    try:
        done = await _order(work)
    except (ContentRejected, NotConfigured) as error:
        if error.code not in NOBODYS:
            await _pass_on(work, Why(error.code, error.message))
        raise
    return await _followed(work, done)


async def _order(work: Work[VideoPayload]) -> Done:
    payload = work.payload
    async with single_statements(work.engine).connect() as connection:
        never_arrived = payload.makers and await films.was_absent(connection, work.task_id)
    if never_arrived:
        await _pass_on(work, Why("absent", "the order never arrived"))
    return await work.do(Step("create", target="", content=payload.order))


async def _pass_on(work: Work[VideoPayload], why: Why) -> None:
    """Have another maker make it, if the order names one that can.

    Raises:
        NotYet: another maker makes it.
    """
    handed = await hand_over(
        engine=work.engine, video=work.task_id, account=work.account, payload=work.payload, makers=MAKERS, why=why
    )
    if handed:
        raise NotYet(message=f"{work.account.platform} made nothing ({why.code}); another maker makes it.")


async def _followed(work: Work[VideoPayload], done: Done) -> VideoResult:
    ordered = OrderedFilm(done.external_id, done.external_url, work.payload.seconds)
    followed = await follow_film(engine=work.engine, video=work.task_id, ordered=ordered)
    if not followed.is_over:
        raise NotYet(message="The video is ordered, and being made.")
    if followed.result is None:
        if followed.code in MADE_NOTHING:
            await _pass_on(work, Why(followed.code, followed.message))
        raise ContentRejected(code=followed.code, message=followed.message)
    return VideoResult(
        external_id=done.external_id,
        external_url=done.external_url,
        proof=done.proof,
        media_id=followed.result.media_id,
        seconds=followed.result.seconds,
        maker=work.account.platform,
    )


def _of_another(handed: Handed, first: str) -> VideoResult:
    """Return another maker's result."""
    if not handed.is_over:
        raise NotYet(message="Another maker makes it.")
    if handed.result is None:
        said = handed.failed or Why("failed", "it failed")
        message = f"{first} made nothing, and neither did the maker after it: {said.message}"
        raise ContentRejected(code=said.code, message=message)
    return handed.result


EXECUTOR = Executor(SPEC, perform)
