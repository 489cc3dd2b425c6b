"""How is a film ordered at Runway? By one POST; what came of it without an answer, only a person can say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from connectors.contract.action import Baseline, NotBegun, Receipt
from connectors.contract.format import offered
from connectors.runway.client import ORGANIZATION, body_of, order, read, task_path
from connectors.runway.errors import refusal_in
from connectors.runway.manifest import MANIFEST, SECONDS
from connectors.runway.mapping import RATIOS, utf16_units
from shared.errors import ContentRejected, NotConfigured, OutcomeUnknown, Transient

if TYPE_CHECKING:
    from connectors.contract.action import Deadline, Request
    from connectors.http.session import ApiSession


class Order:
    """The `Action` of ordering a film."""

    async def prepare(self, session: ApiSession, request: Request) -> Baseline:
        """Check the order, and that Runway answers; see the contract."""
        offered(request.target, SECONDS, RATIOS, MANIFEST.name)
        _model(session)
        if utf16_units(request.text) > (most := _longest()):
            message = f"Runway takes {most} UTF-16 units; this prompt has {utf16_units(request.text)}."
            raise ContentRejected(code="text_too_long", message=message)
        await read(session, ORGANIZATION)
        return Baseline(matching_ids=(), newest_id=None)

    async def commit(self, session: ApiSession, request: Request, baseline: Baseline, deadline: Deadline) -> Receipt:  # noqa: ARG002 - the contract's shape
        """One POST; see the contract."""
        wanted = offered(request.target, SECONDS, RATIOS, MANIFEST.name)
        body = {
            "model": _model(session),
            "promptText": request.text,
            "ratio": RATIOS[wanted.aspect],
            "duration": wanted.seconds,
        }
        if time.time() >= deadline.begin_by:
            raise NotBegun(message="The time to begin had passed.")
        answer = await order(session, body)
        if refusal := refusal_in(answer):
            raise refusal
        task = body_of(answer).get("id")
        if not isinstance(task, str) or not task:
            raise OutcomeUnknown(code="no_id", message="Runway answered without an id.")
        return Receipt(task, session.account.origin + task_path(task), request.text)

    async def proof(self, session: ApiSession, receipt: Receipt) -> bytes:  # noqa: ARG002 - the contract's shape
        """None: there is no page.

        Raises:
            Transient: always.
        """
        raise Transient(code="no_proof", message="An API has no page to take a picture of.")

    async def verify(
        self, session: ApiSession, request: Request, baseline: Baseline, known: frozenset[str]
    ) -> Receipt | None:
        """Nothing: the capability is blind, and nobody asks.

        Raises:
            Transient: always.
        """
        del session, request, baseline, known
        raise Transient(code="incomplete_read", message="Runway has no list of tasks to look in.")


def _longest() -> int:
    capability = MANIFEST.capability("video", "api")
    return capability.max_text if capability else 0


def _model(session: ApiSession) -> str:
    model = session.account.credentials.get("model", "")
    if not model:
        raise NotConfigured(message="The account names no model: connect it again.", setting="model")
    return model
