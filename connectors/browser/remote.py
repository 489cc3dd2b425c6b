"""How is one page of a joined host's browser driven? Through the door, one frame for each step.

Whatever goes wrong on the way of a step that changes nothing outside is `Transient`. For the one click, only two cases are
certain: a frame that never left, and a host that answered "not clicked". Everything else is unknown.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from connectors.browser.door_calls import error_of, locator_as_json, pressed_of, question_as_json
from connectors.browser.driver import FETCH_S
from connectors.browser.page import ANSWER_S, OPEN_S, PATIENCE_S, Page
from shared.errors import NotConfigured, OutcomeUnknown, Transient, UiChanged

if TYPE_CHECKING:
    from connectors.browser.driver import Locator, Pressed, Question
    from shared.door import Answer

WAY_S = 5.0  # time for the way there and back, beyond the step itself
FILE_S = 60.0
SCREENSHOT_S = 20.0
CERTAIN = {Transient.__name__, NotConfigured.__name__}


class NotSent(Transient):
    """The host certainly did not receive the call."""


class Line(Protocol):
    """A session with a host, as a page asks through it."""

    async def ask(self, do: str, given: dict[str, Any], *, within: float) -> Answer:
        """Ask the host to do one thing, and return its answer.

        Raises:
            NotSent: the host certainly did not receive the call.
            OutcomeUnknown: it was sent, and no answer came.
        """

    async def confirm(self) -> None:
        """Check in PostgreSQL that the lane is still ours.

        Raises:
            Transient: it is not, or PostgreSQL did not answer.
        """

    def left_until(self, instant: float) -> tuple[float, float]:
        """Return a mark of the host's own clock, and how many seconds lie between that mark and an instant (Unix time)."""

    async def take_file(self, file: str) -> Path:
        """Return the path of a file that the host has sent; the caller removes it."""

    async def lay_out(self, file: Path) -> str:
        """Offer a file for the host to fetch, and return its id."""


class RemotePage(Page):
    """A `Driver` over one page of a joined host. `patience` is how long it waits where a caller does not say (seconds)."""

    def __init__(self, line: Line, *, patience: float = PATIENCE_S) -> None:
        """Send every step through this line."""
        super().__init__(patience)
        self._line = line

    async def open(self, url: str, *, then: Question | None = None, within: float | None = None) -> Any:
        """Load an address afresh; see the contract."""
        limit = OPEN_S if within is None else within
        given = {"url": url, "then": question_as_json(then), "within": limit}
        return await self._do("open", given, limit + (self.patience if then else 0))

    async def address(self) -> str:
        """Return the page's present address."""
        return str(await self._do("address", {}, self.patience))

    async def evaluate(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression; see the contract."""
        limit = self.patience if within is None else within
        return await self._do("evaluate", {"script": script, "arguments": list(arguments), "within": limit}, limit)

    async def wait_until(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression until it returns something true; see the contract."""
        limit = self.patience if within is None else within
        return await self._do("wait_until", {"script": script, "arguments": list(arguments), "within": limit}, limit)

    async def click(self, locator: Locator, *, then: Question | None = None, within: float | None = None) -> Any:
        """Click with the full pointer sequence; see the contract."""
        limit = self.patience if within is None else within
        given = {"locator": locator_as_json(locator), "then": question_as_json(then), "within": limit}
        said = await self._do("click", given, limit + (self.patience if then else 0))
        with contextlib.suppress(IndexError):  # an index that the locator does not have is no drift
            self.note(locator, int(said["index"]))
        return said["then"]

    async def check_and_click(self, locator: Locator, begin_by: float, check: Question) -> Pressed:
        """Click once, irreversibly, if the check allows it; see the contract."""
        await self._line.confirm()
        mark, left = self._line.left_until(begin_by)
        given = {"locator": locator_as_json(locator), "check": question_as_json(check), "mark": mark, "left": left}
        within = max(0.0, begin_by - time.time()) + ANSWER_S + WAY_S
        answer = await self._line.ask("check_and_click", given, within=within)
        if answer.error is not None:
            error = error_of(answer.error)
            # By its name: an error of an unknown kind is read as `Transient`, which proves nothing here.
            if answer.error.get("kind") in CERTAIN:
                raise error
            raise OutcomeUnknown(code="click_unknown", message=f"The click was sent: {error.message}")
        try:
            return pressed_of(answer.value)
        except (KeyError, TypeError) as error:
            raise OutcomeUnknown(code="click_unknown", message="The host's answer cannot be read.") from error

    async def upload(self, locator: Locator, file: Path, *, within: float | None = None) -> None:
        """Give a file to an input; the host fetches it by itself. See the contract."""
        limit = FILE_S if within is None else within
        laid_out = await self._line.lay_out(file)
        given = {"locator": locator_as_json(locator), "file": laid_out, "name": file.name, "within": limit}
        await self._do("upload", given, limit + FILE_S)

    async def download(self, url: str, *, most: int, within: float = FETCH_S) -> AsyncIterator[bytes]:
        """Have the host fetch a file with the page's own sign-in and send it; see the contract."""
        said = await self._do("download", {"url": url, "most": most, "within": within}, within + FILE_S)
        path = await self._line.take_file(str(said["file"]))
        try:
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, 1_048_576):
                    yield piece
        finally:
            path.unlink(missing_ok=True)

    async def screenshot(self) -> bytes:
        """Return the visible page as PNG."""
        said = await self._do("screenshot", {}, SCREENSHOT_S)
        return await self._read(str(said["file"]))

    async def ui_changed(self, locator: str, message: str) -> UiChanged:
        """Return a `UiChanged` with the evidence of the present page."""
        try:
            await self._do("ui_changed", {"locator": locator, "message": message}, SCREENSHOT_S)
        except UiChanged as changed:
            return changed
        except Transient as error:
            return UiChanged(message=message, locator=locator, evidence={"incomplete": error.message})
        return UiChanged(message=message, locator=locator, evidence={})

    async def _do(self, what: str, given: dict[str, Any], limit: float) -> Any:
        try:
            answer = await self._line.ask(what, given, within=limit + WAY_S)
        except OutcomeUnknown as error:
            raise Transient(code=error.code, message=error.message) from error
        if answer.error is None:
            return answer.value
        said = error_of(answer.error)
        if isinstance(said, UiChanged) and (picture := said.evidence.pop("screenshot_file", None)):
            said.evidence["screenshot"] = base64.b64encode(await self._read(picture)).decode()
        raise said

    async def _read(self, file: str) -> bytes:
        path = await self._line.take_file(file)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise Transient(code="file_lost", message="The host's file has not come.") from error
        finally:
            path.unlink(missing_ok=True)
