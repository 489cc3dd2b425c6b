"""What do all screens share that list texts and let one write a new text?

A connector's page object derives from `Screen` and says where things are, how to get there, and what a row is.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from connectors.browser.driver import Question
from connectors.browser.pages.refusal import Refusals, by_marker, by_words, markers_of
from connectors.browser.pages.selectors import load_locators
from connectors.browser.pages.text import same
from shared.errors import ActionRequired, ContentRejected, Transient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.browser.driver import BrowserSession, Locator, Pressed
    from connectors.contract.action import Request

SHOW_ROW = """(rows, fields, id, field) => {
  const row = locateAll(rows).find((row) => (take(row, fields[field]) ?? "").includes(id));
  row?.scrollIntoView({ block: "center", behavior: "instant" });
  return row !== undefined;
}"""

SCROLL_TO_OLDEST = """(rows, newestLast) => {
  const found = locateAll(rows);
  found.at(newestLast ? 0 : -1)?.scrollIntoView({ block: "center", behavior: "instant" });
}"""
ARRIVED = """(stops, owner, goals, dismiss, asked) => {
  const settled = settledOn(stops, goals, dismiss);
  if (settled && "stop" in settled) return settled;
  if (!locate(owner) || (goals.length && !settled)) return null;
  return { ...settled, reading: reading(asked) };
}"""
SETTLED = "(stops, goals, dismiss) => settledOn(stops, goals, dismiss)"
# `state` is this wait's own: the text is put in once, however often the question is asked.
WRITTEN = """(composer, submit, text, asked, state) => {
  const hit = locate(composer);
  if (!hit) return null;
  const held = normal(textOf(hit.element));
  if (!state.typed && held && held !== normal(text)) return { draft: true };
  if (!state.typed && !held) put(hit.element, text);
  state.typed = true;
  const button = locate(submit);
  const ready = button !== null && enabled(button.element) && normal(textOf(hit.element)) === normal(text);
  return ready ? { draft: false, reading: reading(asked) } : null;
}"""
READY = """(asked, composer, text, owners) => {
  const now = reading(asked);
  const hit = locate(composer);
  const holds = hit !== null && normal(textOf(hit.element)) === normal(text);
  return { go: holds && owners.includes(JSON.parse(now).owner), reading: now };
}"""
RESULT = """(asked, before, idField) => {
  const now = reading(asked);
  return decisive(now, idField) === decisive(before, idField) ? null : now;
}"""
MORE_BY_CLICK_S = 5.0
MORE_BY_SCROLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a row: what to take (`text`, `href`, `side` or an attribute) of which place in it; "" is the row."""

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """One text in the list. `id` is empty while the platform has given none; `failed` is what it says of a failure."""

    id: str
    text: str
    own: bool
    url: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The screen at one instant: its rows, the notices over it, who is signed in. `raw` is for comparing.

    `mark` is what the page itself has as the sign of who is signed in.
    """

    raw: str
    rows: tuple[Row, ...]
    notices: tuple[str, ...]
    owner: str
    path: str
    mark: str = ""
    address: str = ""


class Screen(ABC):
    """One page, opened for one account. Locators: `signed_in`, `notice`, `dismiss`, and its own.

    `newest_last` says that the list grows at its end, and `older` names the control that shows older rows, if any.
    """

    folder: ClassVar[Path]
    refusals: ClassVar[Refusals]
    row: ClassVar[str]
    composer: ClassVar[str]
    submit: ClassVar[str]
    fields: ClassVar[dict[str, Field]]
    id_field: ClassVar[str]
    older: ClassVar[str] = ""
    newest_last: ClassVar[bool] = False

    def __init__(self, session: BrowserSession) -> None:
        """Work on the session's page; nothing is opened yet."""
        self.driver = session.driver
        self.account = session.account
        self._owners = session.owners
        self._locators = load_locators(self.folder / "selectors.toml", session.overrides)

    @abstractmethod
    async def arrive(self, request: Request) -> None:
        """Load the request's target afresh and make sure that this is the page.

        Raises:
            ContentRejected: there is no such target, or it takes nothing. And everything that `enter` raises.
        """

    @abstractmethod
    def handle_of(self, link: str) -> str:
        """Return the handle in the link (or text) of the `signed_in` marker."""

    def is_own(self, handle: str) -> bool:
        """Return whether this is the account's own handle."""
        return handle.casefold() == self.account.handle.lstrip("@").casefold()

    @abstractmethod
    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """Return a row from its fields' values; `address` is the page's own."""

    def locator(self, name: str) -> Locator:
        """Return a locator by its name in `selectors.toml`."""
        return self._locators[name]

    async def enter(self, url: str, *goals: str) -> str:
        """Load an address of the account's platform, make sure that the right account is signed in there, and settle.

        `goals` are as with `settle_on`, whose answer is this one's; without any it is empty.

        Raises:
            ActionRequired: nobody or somebody else is signed in, or a challenge is in the way.
            AccountBlocked, RateLimited, Transient, UiChanged.
        """
        stops, owner = self._stops(), self.locator("signed_in")
        asked = (self._all(stops), owner.as_json(), self._all(goals), self.locator("dismiss").as_json(), self._question())
        found = await self.driver.open(url, then=Question(ARRIVED, asked))
        if found is not None and "stop" not in found:
            self._must_be_here(reading := self._reading(found["reading"]))
            self.must_be_ours(reading)
            return await self._settled(found, goals) if goals else ""
        seen = await self.driver.wait_for(*map(self.locator, stops), owner, within=0)
        if error := by_marker(self.refusals, seen.name):
            raise error
        self._must_be_here(reading := await self.read())
        self.must_be_ours(reading)
        return await self.settle_on(*goals, within=0) if goals else ""

    async def settle_on(self, *goals: str, within: float | None = None) -> str:
        """Wait for one of these locators, or for a marker of refusal, whose error is raised."""
        return await self._settled(await self.driver.wait_until(SETTLED, *self._goals(goals), within=within), goals)

    async def click_to(self, name: str, *goals: str) -> str:
        """Click what leads to one of these locators, and settle on it."""
        found = await self.driver.click(self.locator(name), then=Question(SETTLED, self._goals(goals)))
        return await self._settled(found, goals)

    async def _settled(self, found: dict[str, Any] | None, goals: tuple[str, ...]) -> str:
        if found is None or "stop" in found:
            seen = await self.driver.wait_for(*map(self.locator, (*self._stops(), *goals)), within=0)
            if error := by_marker(self.refusals, seen.name):
                raise error
            return str(seen.name)
        goal = goals[int(found["goal"])]
        self.driver.note(self.locator(goal), found["index"])
        if found["dismiss"]:
            await self.driver.click(self.locator("dismiss"))
        return goal

    def _stops(self) -> list[str]:
        return markers_of(self.refusals)

    def _all(self, names: Iterable[str]) -> list[Any]:
        return [self.locator(name).as_json() for name in names]

    def _goals(self, goals: tuple[str, ...]) -> tuple[Any, ...]:
        return self._all(self._stops()), self._all(goals), self.locator("dismiss").as_json()

    def _must_be_here(self, reading: Reading) -> None:
        if not reading.address.startswith(f"{self.account.origin}/"):
            raise Transient(code="left_site", message="The site led to an address of another site.")

    def must_be_ours(self, reading: Reading) -> None:
        """Check that the page is signed in as the task's account.

        Raises:
            ActionRequired: somebody else is signed in.
        """
        if not reading.owner:
            raise ActionRequired(code="logged_out", message=f"Nobody is signed in; sign {self.account.handle} in again.")
        if not self.is_own(reading.owner):
            said = f"{reading.owner} is signed in, the task is for {self.account.handle}."
            raise ActionRequired(code="wrong_account", message=said)
        self._owners.add(reading.mark)

    def must_be_free(self, reading: Reading) -> None:
        """Raise what a notice over the page says, if it is in the connector's table."""
        if hit := by_words(self.refusals, reading.notices):
            raise hit[1]

    async def draft(self) -> str:
        """Return the text in the composer."""
        return await self.driver.text_of(self.locator(self.composer))

    async def write(self, text: str) -> Reading:
        """Put the text into the composer, which must be empty or hold it already; return the screen once `submit` is ready.

        Raises:
            ActionRequired: somebody else's draft is there.
            Transient: the composer did not take the text.
            UiChanged: the text is there and cannot be submitted.
        """
        composer, submit = self.locator(self.composer), self.locator(self.submit)
        asked = (composer.as_json(), submit.as_json(), text, self._question(), {"typed": False})
        done = await self.driver.wait_until(WRITTEN, *asked)
        if done is None and not same(await self.draft(), text):
            raise Transient(code="typing_failed", message="The composer does not hold the text that was typed.")
        if done is None:
            await self.driver.wait_for(submit, within=0)
            raise await self.driver.ui_changed(self.submit, "The text stands in the composer, and submit stays disabled.")
        if done["draft"]:
            said = "The composer holds a draft that is not ours; send or remove it."
            raise ActionRequired(code="draft_present", message=said)
        return self._reading(done["reading"])

    async def press_submit(self, text: str, begin_by: float) -> tuple[Pressed, Reading]:
        """Click once, if the composer still holds the text and the account is still ours; return the screen before it too.

        Raises:
            Whatever the driver's `check_and_click` raises.
        """
        if not self._owners:
            self.must_be_ours(await self.read())
        check = Question(READY, (self._question(), self.locator(self.composer).as_json(), text, sorted(self._owners)))
        pressed = await self.driver.check_and_click(self.locator(self.submit), begin_by, check)
        return pressed, self._reading(pressed.seen["reading"]) if pressed.seen else await self.read()

    async def read(self) -> Reading:
        """Return the screen as it is now."""
        return self._reading(await self.driver.evaluate("(asked) => reading(asked)", self._question()))

    async def read_after(self, before: Reading, *, within: float) -> Reading | None:
        """Return the screen as soon as it differs from an earlier reading; None if it did not within that many seconds."""
        script = "(asked, before) => { const now = reading(asked); return now === before ? null : now; }"
        raw = await self.driver.wait_until(script, self._question(), before.raw, within=within)
        return None if raw is None else self._reading(raw)

    async def read_result(self, before: Reading, *, within: float) -> Reading | None:
        """Return the screen as soon as it may show a result (a numbered row, a failure, a notice); None if none came."""
        raw = await self.driver.wait_until(RESULT, self._question(), before.raw, self.id_field, within=within)
        return None if raw is None else self._reading(raw)

    async def read_older(self, before: Reading) -> Reading | None:
        """Return the screen after more of the older rows have come; None when there are no more.

        Raises:
            Transient: there are more, and they did not come in time.
        """
        if self.older and await self.driver.find(self.locator(self.older)):
            await self.driver.click(self.locator(self.older))
            after = await self.read_after(before, within=MORE_BY_CLICK_S)
            if after is None:
                raise Transient(code="incomplete_read", message="Older rows were asked for and did not come.")
            return after
        await self.driver.evaluate(SCROLL_TO_OLDEST, self.locator(self.row).as_json(), self.newest_last)
        return await self.read_after(before, within=MORE_BY_SCROLL_S)

    async def scroll_to(self, external_id: str, *, within: float) -> bool:
        """Scroll the row with this id into view; False when it is not on the page in so many seconds."""
        asked = self._question()
        arguments = (asked["rows"], asked["fields"], external_id, self.id_field)
        return bool(await self.driver.wait_until(SHOW_ROW, *arguments, within=within))

    def _question(self) -> dict[str, Any]:
        fields = {
            name: {"ways": self.locator(field.place).as_json() if field.place else [], "what": field.what}
            for name, field in self.fields.items()
        }
        return {
            "rows": self.locator(self.row).as_json(),
            "fields": fields,
            "notices": self.locator("notice").as_json(),
            "owner": self.locator("signed_in").as_json(),
        }

    def _reading(self, raw: str) -> Reading:
        seen = json.loads(raw)
        return Reading(
            raw=raw,
            rows=tuple(self.read_row(values, seen["address"]) for values in seen["rows"]),
            notices=tuple(seen["notices"]),
            owner=self.handle_of(seen["owner"] or ""),
            path=seen["path"],
            mark=seen["owner"] or "",
            address=seen["address"],
        )


def path_below(origin: str, url: str, hosts: tuple[str, ...] = ()) -> str:
    """Return the path of an address below the origin of the account's site, from its first slash.

    Where the origin's own host is one of `hosts`, the addresses of all of them are the same site.

    Raises:
        ContentRejected: the address lies elsewhere.
    """
    try:
        home, there = urlsplit(origin), urlsplit(url)
    except ValueError as error:
        raise ContentRejected(code="wrong_target", message=f"{url[:200]} is no address.") from error
    same_host = (home.scheme, home.netloc) == (there.scheme, there.netloc)
    alias = home.netloc in hosts and there.scheme == home.scheme and there.netloc in hosts
    if not (same_host or alias) or not there.path.startswith(f"{home.path}/"):
        raise ContentRejected(code="wrong_target", message=f"{url[:200]} is no address below {origin}.")
    return there.path.removeprefix(home.path)
