"""How is a text written so that it is published once and can be read back?

The order of steps is the one that public automation converges on: sign-in, right place, right account, empty composer,
type, read again, baseline; then one click, and nothing but reading after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from connectors.browser.pages.refusal import DUPLICATE, by_words
from connectors.browser.pages.text import same
from connectors.contract.action import Baseline, CannotTell, NotBegun, Receipt
from shared.errors import OutcomeUnknown, Transient, UiChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.browser.driver import BrowserSession
    from connectors.browser.pages.screen import Reading, Row, Screen
    from connectors.contract.action import Deadline, Request

SETTLED_S = 0.25  # a list that has not changed for so long has been drawn
MOST_LOADS = 20  # pages of older rows that a verification reads at most
LAST_WORD_S = 0.5  # how long to wait for the notice that says why a row failed
LEAST_WAIT_S = 0.05
PROOF_S = 5.0
SEVERAL = "{} new rows of the account have this text: which of them this one made, nobody can tell."


@dataclass(frozen=True, slots=True)
class Writing:
    """An `Action` over a browser: `screen` makes the page object. What it is to write was measured before."""

    screen: Callable[[BrowserSession], Screen]

    async def prepare(self, session: BrowserSession, request: Request) -> Baseline:
        """Go there, check everything, type; see the contract."""
        screen = self.screen(session)
        await screen.arrive(request)
        reading = await screen.write(request.text)
        screen.must_be_free(reading)
        screen.must_be_ours(reading)
        ids = [row.id for row in reading.rows if row.id]
        mine = tuple(row.id for row in reading.rows if row.id and row.own and same(row.text, request.text))
        return Baseline(matching_ids=mine, newest_id=max(ids, key=_age, default=None))

    async def commit(self, session: BrowserSession, request: Request, baseline: Baseline, deadline: Deadline) -> Receipt:
        """Check once more, click once, and wait for the result; see the contract."""
        screen = self.screen(session)
        before = await self._press(screen, request, deadline)
        try:
            return await self._outcome(screen, request, baseline, deadline, before)
        except (Transient, UiChanged) as error:
            raise OutcomeUnknown(code=error.code, message=f"After the click: {error.message}") from error

    async def proof(self, session: BrowserSession, receipt: Receipt) -> bytes:
        """Return a PNG screenshot with the row in view.

        Raises:
            Transient: the row is not on its page now.
        """
        screen = self.screen(session)
        if not await screen.scroll_to(receipt.external_id, within=0):
            await session.driver.open(receipt.external_url)
            if not await screen.scroll_to(receipt.external_id, within=PROOF_S):
                raise Transient(code="no_proof", message="The row is not on its page now.")
        return await session.driver.screenshot()

    async def verify(
        self, session: BrowserSession, request: Request, baseline: Baseline, known: frozenset[str]
    ) -> Receipt | None:
        """Look for the text on a freshly loaded page; see the contract."""
        screen = self.screen(session)
        await screen.arrive(request)
        reading = await self._settled(screen, await screen.read())
        fitting: dict[str, Row] = {}  # a list may hold only the rows in sight
        for _ in range(MOST_LOADS):
            screen.must_be_ours(reading)
            fitting |= {row.id: row for row in _new_rows(reading.rows, request.text, baseline, known)}
            if _reaches(reading.rows, baseline):
                return _only(fitting)
            older = await screen.read_older(reading)
            if older is None and (fitting or baseline.newest_id is None):
                return _only(fitting)
            if older is None:
                raise Transient(code="incomplete_read", message="The list ended before anything that stood there before.")
            reading = await self._settled(screen, older)
        if fitting:
            return _only(fitting)
        raise Transient(code="incomplete_read", message="The list is too long to be read to its end.")

    async def _press(self, screen: Screen, request: Request, deadline: Deadline) -> Reading:
        """Make the one click; return the screen just before it."""
        try:
            pressed, before = await screen.press_submit(request.text, deadline.begin_by)
        except (Transient, UiChanged) as error:
            raise NotBegun(message=f"Before the click: {error.message}") from error
        if not pressed.clicked:
            screen.must_be_ours(before)
            raise NotBegun(message=f"The click was not made, as its last check said: {pressed.why}.")
        return before

    async def _outcome(
        self, screen: Screen, request: Request, baseline: Baseline, deadline: Deadline, before: Reading
    ) -> Receipt:
        reading = await screen.read_result(before, within=deadline.remaining())
        while reading is not None:
            if rows := _new_rows(reading.rows, request.text, baseline, frozenset()):
                if len(rows) > 1:
                    raise OutcomeUnknown(code="several_fit", message=SEVERAL.format(len(rows)))
                return _receipt(rows[0])
            self._raise_refusal(screen, reading, baseline=baseline)
            if reading.path != before.path:
                raise OutcomeUnknown(code="page_left", message="The site went to another page after the click.")
            if len(_failures(reading, request.text)) > len(_failures(before, request.text)):
                last = await screen.read_after(reading, within=min(LAST_WORD_S, deadline.remaining()))
                self._raise_failure(screen, last or reading, request.text)
            left = deadline.remaining()
            reading = await screen.read_result(reading, within=left) if left > LEAST_WAIT_S else None
        raise OutcomeUnknown(code="no_answer", message="The page showed no result in time.")

    def _raise_failure(self, screen: Screen, reading: Reading, text: str) -> NoReturn:
        self._raise_refusal(screen, reading)
        self._raise_refusal(screen, reading, *_failures(reading, text)[-1:])
        raise OutcomeUnknown(code="page_says_failed", message="The page says that it failed, not whether it arrived.")

    def _raise_refusal(self, screen: Screen, reading: Reading, *more: str, baseline: Baseline | None = None) -> None:
        hit = by_words(screen.refusals, (*reading.notices, *more))
        if hit is None:
            return
        row, error = hit
        # The text is there already: as a row of the baseline or, where that had none, as one of ours that was not seen yet.
        stands = row.code == DUPLICATE and baseline is not None and bool(baseline.matching_ids)
        if row.certain or stands:
            raise error
        raise OutcomeUnknown(code=error.code, message=error.message)

    async def _settled(self, screen: Screen, reading: Reading) -> Reading:
        while (later := await screen.read_after(reading, within=SETTLED_S)) is not None:
            reading = later
        return reading


def _age(external_id: str) -> tuple[int, str]:
    """Return a sort key by age: platforms number upwards, so the longer and then the greater id is the newer."""
    return (len(external_id), external_id)


def _is_newer(external_id: str, than: str | None) -> bool:
    if than is None or not (external_id.isdecimal() and than.isdecimal()):
        return True
    return int(external_id) > int(than)


def _new_rows(rows: Iterable[Row], text: str, baseline: Baseline, known: frozenset[str]) -> list[Row]:
    """Return own rows with this text that were numbered since the baseline, without those of other effects."""
    old = known.union(baseline.matching_ids)
    return [
        row
        for row in rows
        if row.own and row.id and not row.failed and row.id not in old
        if same(row.text, text) and _is_newer(row.id, baseline.newest_id)
    ]  # fmt: skip


def _only(fitting: dict[str, Row]) -> Receipt | None:
    """Return the receipt of the one row that fits, None where none does.

    Raises:
        CannotTell: more than one does.
    """
    if len(fitting) > 1:
        raise CannotTell(message=SEVERAL.format(len(fitting)))
    return next((_receipt(row) for row in fitting.values()), None)


def _failures(reading: Reading, text: str) -> list[str]:
    """Return what the page says about each own row with this text that failed, in the list's order."""
    return [row.failed for row in reading.rows if row.own and row.failed and same(row.text, text)]


def _reaches(rows: Iterable[Row], baseline: Baseline) -> bool:
    """Return whether the rows reach back to those of the baseline, so that nothing newer can be hidden."""
    return baseline.newest_id is not None and any(
        row.id == baseline.newest_id or (row.id and not _is_newer(row.id, baseline.newest_id)) for row in rows
    )


def _receipt(row: Row) -> Receipt:
    return Receipt(external_id=row.id, external_url=row.url, element=row.text)
