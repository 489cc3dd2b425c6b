"""Does every reading say what the page says, and nothing where it cannot be read?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.registry import load_reader
from shared.errors import ActionRequired
from tests.contract.kit import READINGS, Pools, Sandbox, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.browser.chromium.driver import Chromium
    from connectors.browser.safari.driver import Safari
    from connectors.contract.reading import CreditsReading

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TOMORROW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)


@dataclass(frozen=True)
class Reading:
    """One reading capability over one transport, on its practice site."""

    platform: str
    name: str
    transport: str
    sandbox: Sandbox
    pool: Chromium | Safari

    async def read(self) -> Any:
        """Read as the engine does."""
        async with self.pool.session(facts(self.platform, self.sandbox)) as session:
            return await load_reader(self.platform, self.name, self.transport).read(session)

    def show(self, **stand: object) -> None:
        """Let the page say this."""
        self.sandbox.ask("/_control/credits", {"platform": self.platform, **stand})


@pytest.fixture(params=READINGS)
def reading(request: pytest.FixtureRequest, sandbox: Sandbox, pools: Pools) -> Iterator[Reading]:
    """Every reading of every connector, over each browser, by itself; nothing is armed before and after."""
    platform, capability = request.param
    sandbox.disarm()
    yield Reading(platform, capability.name, capability.transport, sandbox, pools.of(capability.transport))
    sandbox.disarm()


async def test_the_numbers_are_those_of_the_page(reading: Reading) -> None:
    reading.show(free=26, paid=1, refreshes_at=TOMORROW.isoformat())

    found: CreditsReading = await reading.read()

    assert (found.known, found.free, found.paid) == (True, 26, 1)
    assert found.refreshes_at is not None
    assert found.refreshes_at.date() == TOMORROW.date()
    assert found.evidence == {}


@pytest.mark.parametrize(("free", "paid"), [(0, 0), (0, 12_345)])
async def test_a_page_that_says_zero_is_known(reading: Reading, free: int, paid: int) -> None:
    reading.show(free=free, paid=paid)

    found = await reading.read()

    assert (found.known, found.free, found.paid, found.refreshes_at) == (True, free, paid, None)


async def test_a_page_that_cannot_be_read_is_unknown_and_not_zero(reading: Reading) -> None:
    reading.show(free=26, paid=1)
    reading.sandbox.arm(reading.platform, "layout_changed")

    found = await reading.read()

    assert (found.known, found.free, found.paid) == (False, None, None)
    assert found.evidence["screenshot"]
    assert "Your plan" in found.evidence["html"]


async def test_half_of_the_numbers_are_none(reading: Reading) -> None:
    reading.show(free=26)

    assert not (await reading.read()).known


@pytest.mark.parametrize("code", ["wrong_account", "logged_out", "challenge"])
async def test_for_anybody_else_nothing_is_read(reading: Reading, code: str) -> None:
    reading.sandbox.arm(reading.platform, code)

    with pytest.raises(ActionRequired) as caught:
        await reading.read()

    assert caught.value.code == code
    assert (await reading.read()) is not None
