"""How is a film ordered at Runway? By one POST; if it gets no answer, only a person can say what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from connectors.contract.action import Baseline, NotBegun, Receipt
from connectors.contract.content import format_of
from connectors.runway.client import ORGANIZATION, body_of, order, read, task_path
from connectors.runway.errors import refusal_in
from connectors.runway.mapping import RATIOS
from shared.errors import NotConfigured, OutcomeUnknown, Transient

if TYPE_CHECKING:
    from connectors.contract.action import Deadline, Request
    from connectors.http.session import ApiSession


class Order:
    """The `Action` of ordering a film."""

    async def prepare(self, session: ApiSession, request: Request) -> Baseline:
        """Check the order, and that Runway answers; see the contract."""
        format_of(request.content)
        _model(session)
        await read(session, ORGANIZATION)
        return Baseline(matching_ids=(), newest_id=None)

    async def commit(self, session: ApiSession, request: Request, baseline: Baseline, deadline: Deadline) -> Receipt:  # noqa: ARG002 - the contract's shape
        """Make the one POST; see the contract."""
        wanted = format_of(request.content)
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

    async def proof(self, session: ApiSession, receipt: Receipt) -> bytes:
        """Return request and answer, of the order or of a later reading of the film; see the contract.

        Raises:
            Transient: the answer does not name it.
        """
        if (made := session.proof_of(receipt.external_id)) is not None:
            return made
        await read(session, task_path(receipt.external_id))
        if (seen := session.proof_of(receipt.external_id)) is None:
            raise Transient(code="no_proof", message="The answer does not name what was made.")
        return seen

    async def verify(
        self, session: ApiSession, request: Request, baseline: Baseline, known: frozenset[str]
    ) -> Receipt | None:
        """Raise `Transient`: orders cannot be looked up, and the engine never asks.

        Raises:
            Transient: always.
        """
        del session, request, baseline, known
        raise Transient(code="incomplete_read", message="Runway has no list of tasks to look in.")


def _model(session: ApiSession) -> str:
    model = session.account.credentials.get("model", "")
    if not model:
        raise NotConfigured(message="The account names no model: connect it again.", setting="model")
    return model
