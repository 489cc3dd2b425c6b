"""How is a page in a window of Safari driven with few AppleScript round trips?

Each step is one `osascript`: it runs a call in the page and, where the call waits, asks again inside of AppleScript until
there is an answer. A page's functions are installed once in each document and called by name.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import math
import mimetypes
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from connectors.browser.page import (
    ANSWER_S,
    CHECK_AND_CLICK,
    LIBRARY,
    MOST_HTML,
    MOST_PICTURE,
    OPEN_S,
    PATIENCE_S,
    Page,
    pressed,
)
from connectors.browser.safari.apple_errors import as_error, meaning_of
from connectors.browser.safari.osascript import Osascript, ScriptError, ScriptTimeout
from connectors.browser.safari.screencapture import capture
from shared.errors import CallsheetError, NotConfigured, OutcomeUnknown, RateLimited, Transient, UiChanged

if TYPE_CHECKING:
    from connectors.browser.driver import Locator, Pressed, Question

log = structlog.get_logger()

WAITING = {"again", "install"}
POLL_MS = 50  # an Apple event to a page takes about 5 ms
SLICE = 393_216  # characters of base64 that one call passes on, a multiple of four
TOO_MANY = 429
SERVERS_FAULT = 500

_NAMES = re.compile(r"^(?:async )?(?:function|const) (\w+)", re.MULTILINE)
_LANE = (Path(__file__).parent / "safari.js").read_text(encoding="utf-8")
NAMES = ", ".join(_NAMES.findall(LIBRARY) + _NAMES.findall(_LANE))
INSTALL = f"""(() => {{
{LIBRARY}
{_LANE}
Object.defineProperty(window, "__callsheet", {{ value: {{ {NAMES} }}, configurable: true }});
return "installed";
}})()"""
# The marker is the window's name: it stays over pages of one site, and no other window has it.
CALL = """(() => {{
  if (window.__callsheetLeft) return "again";
  if ({marks}) window.name = {marker};
  if (window.name !== {marker}) return "stranger";
  if (!window.__callsheet) return "install";
  const {{ {names} }} = window.__callsheet;
  return turn({id}, () => ({script})(...JSON.parse({arguments})));
}})()"""
LEAVE = """(() => {{
  if (window.name !== {marker}) return "stranger";
  window.onbeforeunload = null;
  window.__callsheetLeft = true;
  return "left";
}})()"""
# A result that is ready is returned at once: a promise would be seen only at the next poll.
WAIT = "(ends, ...given) => ({script})(...given) || until(() => ({script})(...given), Math.max(0, ends - Date.now()))"
# Returns as soon as it has clicked: the next poll may find another page.
PRESS = """(ways, ends) => {
  const hit = locate(ways);
  if (!hit || !enabled(hit.element)) return Date.now() < ends ? AGAIN : null;
  press(hit.element, aim(hit.element));
  return { index: hit.index };
}"""
OPENED = """(ms, ...given) => {{
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0;
  if (status === 429 || status >= 500) return {{ status }};
  const then = ({script})(...given);
  return then ? {{ status, then }} : until(() => ({script})(...given), ms).then((later) => ({{ status, then: later }}));
}}"""


class Presence(Protocol):
    """The right to touch the browser of this Mac."""

    def check(self) -> None:
        """Check that the lane is still ours; asked before every step.

        Raises:
            Transient: it is lost.
        """

    async def confirm(self) -> None:
        """Check it in PostgreSQL; asked before the irreversible step. Raises what `check` raises."""


class SafariWindow:
    """Our window: its id, its name, and whether it is lost."""

    def __init__(self, number: int, marker: str) -> None:
        self.number = number
        self.marker = marker
        self.lost = False


class SafariPage(Page):
    """A `Driver` over one window of Safari. `renew` makes another window where ours is gone."""

    def __init__(
        self,
        scripts: Osascript,
        window: SafariWindow,
        hold: Presence,
        renew: Callable[[], Awaitable[SafariWindow]],
        *,
        patience: float = PATIENCE_S,
    ) -> None:
        """Drive this window."""
        super().__init__(patience)
        self._scripts, self._window, self._hold, self._renew = scripts, window, hold, renew
        self._ids = itertools.count(1)

    @property
    def round_trips(self) -> int:
        """Return how many scripts this lane has run so far."""
        return self._scripts.runs

    async def open(self, url: str, *, then: Question | None = None, within: float | None = None) -> Any:
        """Load an address afresh; see the contract. A window that is gone is replaced."""
        try:
            answer = await self._open(url, then, within)
        except Transient as error:
            if error.code != "page_lost" or not self._window.lost:
                raise
            self._window = await self._renew()
            answer = await self._open(url, then, within)
        _check(answer["status"])
        return answer.get("then")

    async def _open(self, url: str, then: Question | None, within: float | None) -> Any:
        limit = OPEN_S if within is None else within
        wait = self.patience if then else 0.0
        script = OPENED.format(script=then.script if then else "() => true")
        arguments = (wait * 1000, *(then.arguments if then else ()))
        extra = [LEAVE.format(marker=_literal(self._window.marker)), url]
        said = await self._ask(self._call(script, arguments, marks=True), limit + wait, "open", extra)
        if said is None:
            raise Transient(code="page_unreachable", message=f"No page came within {limit + wait:g} s.")
        return said[0]

    async def address(self) -> str:
        """Return the page's present address."""
        return str(await self.evaluate("() => location.href"))

    async def evaluate(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression; see the contract."""
        limit = self.patience if within is None else within
        said = await self._ask(self._call(script, arguments), limit)
        if said is None:
            raise Transient(code="page_hangs", message=f"The page did not answer a script within {limit:g} s.")
        return said[0]

    async def wait_until(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression until it returns something true; see the contract."""
        limit = self.patience if within is None else within
        said = await self._ask(self._call(WAIT.format(script=script), (_ends(limit), *arguments)), limit)
        return said[0] if said else None

    async def click(self, locator: Locator, *, then: Question | None = None, within: float | None = None) -> Any:
        """Click with the full pointer sequence; see the contract."""
        limit = self.patience if within is None else within
        press = self._call(PRESS, (locator.as_json(), _ends(limit)))
        if then is None:
            said = await self._ask(press, limit)
        else:
            wait = limit + self.patience
            call = self._call(WAIT.format(script=then.script), (_ends(wait), *then.arguments))
            said = await self._ask(press, wait, "press", [call])
        if not said or said[0] is None:
            raise await self.ui_changed(locator.name, f"{locator.name} did not become ready to be clicked.")
        self.note(locator, said[0]["index"])
        return said[1] if len(said) > 1 else None

    async def check_and_click(self, locator: Locator, begin_by: float, check: Question) -> Pressed:
        """Click once, irreversibly, if the check allows it, in a script that runs once; see the contract."""
        await self._hold.confirm()
        script = CHECK_AND_CLICK.format(check=check.script)
        call = self._call(script, (locator.as_json(), begin_by, *check.arguments))
        limit = max(0.0, begin_by - time.time()) + ANSWER_S
        try:
            said = await self._run("act", [call], limit)
        except (ScriptError, ScriptTimeout) as error:
            meaning = meaning_of(error)
            if meaning.sent == "no":
                raise as_error(error) from error
            raise OutcomeUnknown(code="click_unknown", message=f"The click was sent: {meaning.message}") from error
        if said == "stranger":
            raise self._lost()
        if said in {"", *WAITING}:
            raise OutcomeUnknown(code="click_unknown", message="The click was sent, its answer is lost.")
        return pressed(locator, _value(said))

    async def upload(self, locator: Locator, file: Path, *, within: float | None = None) -> None:
        """Give a file to an input: in slices of base64, put together in the page; see the contract."""
        if not await self.wait_until("(ways) => fileInput(ways) !== null", locator.as_json(), within=within):
            raise await self.ui_changed(locator.name, f"{locator.name} is no input that takes a file.")
        name = f"{self._window.marker}-{next(self._ids)}"
        text = base64.b64encode(await asyncio.to_thread(file.read_bytes)).decode()
        for at in range(0, len(text), SLICE):
            await self.evaluate("(name, at, slice) => addSlice(name, at, slice)", name, at, text[at : at + SLICE])
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        give = "(ways, id, name, type) => giveFile(ways, id, name, type)"
        if not await self.evaluate(give, locator.as_json(), name, file.name, kind):
            raise Transient(code="upload_failed", message=f"{locator.name} did not take the file.")

    async def screenshot(self) -> bytes:
        """Return the visible page as PNG."""
        self._hold.check()
        return await capture(self._window.number, "png")

    async def ui_changed(self, locator: str, message: str) -> UiChanged:
        """Return a `UiChanged` with a screenshot (base64 JPEG) and trimmed HTML of the present page, both bounded."""
        evidence: dict[str, str] = {}
        try:
            seen = await self.evaluate("(most) => ({ address: location.href, html: trimmed(most) })", MOST_HTML, within=5)
            evidence = {"address": seen["address"][:500], "html": seen["html"]}
            picture = await capture(self._window.number, "jpg")
            if len(picture) <= MOST_PICTURE:
                evidence["screenshot"] = base64.b64encode(picture).decode()
        except CallsheetError as error:
            evidence["incomplete"] = error.message
        log.warning("locator.lost", locator=locator)
        return UiChanged(message=message, locator=locator, evidence=evidence)

    def _call(self, script: str, arguments: tuple[Any, ...], *, marks: bool = False) -> str:
        return CALL.format(
            marks=str(marks).lower(),
            marker=_literal(self._window.marker),
            names=NAMES,
            id=_literal(f"{self._window.marker}-{next(self._ids)}"),
            script=script,
            arguments=_literal(json.dumps(arguments)),
        )

    async def _ask(self, call: str, limit: float, script: str = "ask", more: list[str] | None = None) -> list[Any] | None:
        """Return what the call, and a second one if given, came to, as a list; None where its time is over."""
        polls = math.ceil((limit + ANSWER_S) * 1000 / POLL_MS)
        try:
            said = await self._run(script, [call, *(more or [])], limit, str(polls), str(POLL_MS))
        except (ScriptError, ScriptTimeout) as error:
            known = as_error(error)
            self._window.lost = self._window.lost or isinstance(known, Transient)
            raise known from error
        if said == "stranger":
            raise self._lost()
        if said == "":
            message = "The page runs no scripts: it did not load, or it is none that has any."
            raise Transient(code="page_unreachable", message=message)
        return [_value(line) for line in said.split("\n") if line not in WAITING] or None

    async def _run(self, script: str, texts: list[str], limit: float, *more: str) -> str:
        self._hold.check()
        event = math.ceil(limit + ANSWER_S)
        whole = event + (limit + ANSWER_S if more else 0)
        with self._scripts.hand_over(texts) as files:
            library = self._scripts.keep_once("library.js", INSTALL)
            arguments = (str(self._window.number), str(library), files[0], str(event), *more, *files[1:])
            return await self._scripts.run(script, *arguments, within=whole)

    def _lost(self) -> Transient:
        self._window.lost = True
        return Transient(code="page_lost", message="The window's page is another one than ours.")


def _value(said: str) -> Any:
    """Return what a call returned, out of its envelope.

    Raises:
        NotConfigured: a locator is not valid CSS.
        Transient: the script threw.
    """
    answer = json.loads(said)
    if answer["ok"]:
        return answer.get("value")
    error = answer["error"]
    if error["name"] == "SyntaxError":
        raise NotConfigured(code="bad_selectors", message=error["message"], setting="selectors.toml")
    raise Transient(code="page_lost", message=f"{error['name']}: {error['message']}"[:300])


def _check(status: int) -> None:
    if status == TOO_MANY:
        raise RateLimited(message="The site answered 429 Too Many Requests.", until=None)
    if status >= SERVERS_FAULT:
        raise Transient(code="site_error", message=f"The site answered {status}.")


def _ends(seconds: float) -> float:
    """Return the instant that many seconds from now, as JavaScript counts time."""
    return (time.time() + seconds) * 1000


def _literal(text: str) -> str:
    """Return the text as a JavaScript string, in ASCII."""
    return json.dumps(text)
