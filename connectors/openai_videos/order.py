"""How is a video ordered by `/v1/videos`, and found again in the list when it is unknown whether the order was taken?"""

from __future__ import annotations

import time
import warnings
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

from openai import OpenAIError

from connectors.contract.action import OTHER_FORMAT, Baseline, CannotTell, NotBegun, Receipt
from connectors.contract.content import format_of
from connectors.openai_videos.client import address_of, client_of
from connectors.openai_videos.errors import read_error, write_error
from connectors.openai_videos.mapping import SIZES, differences, same_words
from shared.errors import NotConfigured, OutcomeUnknown, Transient

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import Video, VideoSeconds, VideoSize

    from connectors.contract.action import Deadline, Request
    from connectors.http.session import ApiSession

PAGE = 20
MOST_LISTED = 200
# The package calls the protocol deprecated because OpenAI's own host stopped; other hosts serve it.
warnings.filterwarnings("ignore", message="The Sora API is scheduled", category=DeprecationWarning)


class Order:
    """The `Action` of ordering a video."""

    async def prepare(self, session: ApiSession, request: Request) -> Baseline:
        """Check the format and read what is there already; see the contract."""
        format_of(request.content)
        _model(session)
        async with client_of(session) as client:
            listed = [video async for video in _newest(client, PAGE)]
        mine = tuple(video.id for video in listed if same_words(video.prompt or "", request.text))
        return Baseline(matching_ids=mine, newest_id=listed[0].id if listed else None)

    async def commit(self, session: ApiSession, request: Request, baseline: Baseline, deadline: Deadline) -> Receipt:  # noqa: ARG002 - the contract's shape
        """Make the one POST; see the contract."""
        wanted = format_of(request.content)
        async with client_of(session) as client:
            if time.time() >= deadline.begin_by:
                raise NotBegun(message="The time to begin had passed.")
            try:
                video = await client.videos.create(
                    prompt=request.text,
                    model=_model(session),
                    seconds=cast("VideoSeconds", str(wanted.seconds)),
                    size=cast("VideoSize", SIZES[wanted.aspect]),
                    timeout=deadline.remaining(),
                )
            except OpenAIError as error:
                raise write_error(error) from error
        if not getattr(video, "id", ""):
            raise OutcomeUnknown(code="no_id", message="The maker answered without an id.")
        return _receipt(session, video.id, request)

    async def proof(self, session: ApiSession, receipt: Receipt) -> bytes:
        """Return request and answer, of the order or of a later reading of the video; see the contract.

        Raises:
            Transient: the answer does not name it.
        """
        if (made := session.proof_of(receipt.external_id)) is not None:
            return made
        async with client_of(session) as client:
            try:
                await client.videos.retrieve(receipt.external_id)
            except OpenAIError as error:
                raise read_error(error) from error
        if (seen := session.proof_of(receipt.external_id)) is None:
            raise Transient(code="no_proof", message="The answer does not name what was made.")
        return seen

    async def verify(
        self, session: ApiSession, request: Request, baseline: Baseline, known: frozenset[str]
    ) -> Receipt | None:
        """Look for it in the list, down to what was there before; see the contract."""
        old = known.union(baseline.matching_ids)
        new, reached = [], baseline.newest_id is None
        async with client_of(session) as client:
            async for video in _newest(client, MOST_LISTED):
                if video.id == baseline.newest_id:
                    reached = True
                    break
                if video.id in old:
                    continue
                if video.prompt is None:
                    raise Transient(code="incomplete_read", message="The list says of a new video not what was asked for.")
                if same_words(video.prompt, request.text):
                    new.append(video)
        if not new and not reached:
            raise Transient(code="incomplete_read", message="The list ended before anything that stood there before.")
        return self._only(session, request, new)

    def _only(self, session: ApiSession, request: Request, new: list[Video]) -> Receipt | None:
        """Return the receipt of the one new video that fits in everything shown, None where none does.

        Raises:
            CannotTell: several do, or only words agree: hosts describe formats differently, and ordering again
                what was made would be worse than asking.
        """
        wanted = format_of(request.content)
        fitting = [video for video in new if not differences(video, wanted, _model(session))]
        if len(fitting) > 1:
            said = f"{len(fitting)} new videos fit this order: which of them it made, nobody can tell."
            raise CannotTell(message=said)
        if new and not fitting:
            said = f"A new video has these words, but another {' and '.join(differences(new[0], wanted, _model(session)))}."
            raise CannotTell(code=OTHER_FORMAT, message=said)
        return _receipt(session, fitting[0].id, request) if fitting else None


async def _newest(client: AsyncOpenAI, most: int) -> AsyncIterator[Video]:
    """Yield the account's videos, newest first.

    Raises:
        Transient, RateLimited, ActionRequired, NotConfigured: they could not be read, or not to the end.
    """
    count = 0
    try:
        async for video in client.videos.list(limit=PAGE, order="desc"):
            if count == most:
                return
            count += 1
            yield video
    except OpenAIError as error:
        raise read_error(error) from error


def _model(session: ApiSession) -> str:
    model = session.account.credentials.get("model", "")
    if not model:
        raise NotConfigured(message="The account names no model: connect it again.", setting="model")
    return model


def _receipt(session: ApiSession, video: str, request: Request) -> Receipt:
    return Receipt(external_id=video, external_url=address_of(session, video), element=request.text)
