"""How is a list read that grows while one scrolls, and drops what is out of sight?

Every row is taken when it is seen and kept by its key, so that none is lost or counted twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.browser.driver import Driver, Locator
    from connectors.browser.pages.screen import Field

LOOK = """(rows, fields, key, before) => {
  const seen = bounded(locateAll(rows)).map((row) =>
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, take(row, field)])));
  const keys = seen.map((row) => row[key]).join("\\n");
  return seen.length && keys !== before ? JSON.stringify({ seen, keys }) : null;
}"""
SCROLL = "(rows) => locateAll(rows).at(-1)?.scrollIntoView({ block: 'center', behavior: 'instant' })"
MORE_S = 1.5  # a list that has not grown for this long has ended
MOST_LOOKS = 200

Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows are, what is taken of each, and which field identifies it."""

    rows: Locator
    fields: Mapping[str, Field]
    locators: Mapping[str, Locator]
    key: str

    def question(self) -> tuple[object, object, str]:
        """Return the place as the page's script takes it."""
        fields = {
            name: {"ways": self.locators[field.place].as_json() if field.place else [], "what": field.what}
            for name, field in self.fields.items()
        }
        return self.rows.as_json(), fields, self.key


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows in the page's order, each once. `complete` is false where a bound ended the reading."""

    rows: tuple[Values, ...]
    complete: bool


def never(_: Values) -> bool:
    """Return False: only the end of the list itself ends the reading."""
    return False


async def read_list(
    driver: Driver, place: Place, *, most: int, ends: float, stop: Callable[[Values], bool] = never
) -> Listing:
    """Read down to the end of the list, to `most` rows, or to the first row that `stop` names, which is left out.

    It is not complete where `ends` (monotonic clock) came first.

    Raises:
        Transient: the page was lost, or did not answer.
    """
    found: dict[str, Values] = {}
    before = ""
    for _ in range(MOST_LOOKS):
        left = ends - time.monotonic()
        if left <= 0:
            break
        raw = await driver.wait_until(LOOK, *place.question(), before, within=min(MORE_S, left))
        if raw is None:
            return Listing(tuple(found.values()), complete=True)
        look = json.loads(raw)
        before = look["keys"]
        for values in look["seen"]:
            if not values[place.key] or values[place.key] in found:
                continue
            if stop(values) or len(found) >= most:
                return Listing(tuple(found.values()), complete=True)
            found[values[place.key]] = values
        if len(found) >= most:
            return Listing(tuple(found.values()), complete=True)
        await driver.evaluate(SCROLL, place.question()[0])
    return Listing(tuple(found.values()), complete=False)
