"""What does the contract suite run on: real practice sites in a process of their own, real Chromium, a stand-in Safari?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
import pytest_asyncio

from connectors.browser.chromium.driver import Chromium
from connectors.browser.safari.driver import Safari
from connectors.registry import load_action
from shared.settings import Settings
from tests.contract.kit import CASES, Case, Ours, Pools, Sandbox, facts
from tests.support.safari.mac import Mac, a_mac

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from connectors.contract.action import AccountFacts

ROOT = Path(__file__).resolve().parents[2]
CASE_ON_SAFARI = re.compile(r"[a-z]+(?:-[a-z]+)?-safari")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On Safari each test of the suite runs for one capability in turn: a driver has faults of its own, a pair has none.

    `--all-on-safari` runs all of them; hostile texts always come in all kinds.
    """
    if config.getoption("all_on_safari"):
        return
    kinds: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        if (asked := getattr(item, "callspec", None)) is not None and (found := CASE_ON_SAFARI.search(asked.id)):
            variant = asked.id.replace(found[0], "") if "hostile" in item.name else ""
            kinds.setdefault((item.nodeid.partition("[")[0], variant), []).append(item)
    kept = {id(same[crc32(str(kind).encode()) % len(same)]) for kind, same in kinds.items()}
    dropped = [item for same in kinds.values() for item in same if id(item) not in kept]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in dropped]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The practice sites on a free port."""
    data = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield Sandbox(line.removeprefix("sandbox: ").strip().rstrip("/"))
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a home of their own."""
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(settings: Settings) -> AsyncIterator[Chromium]:
    """One warm browser for each account, for the whole run."""
    pool = Chromium(settings)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def mac() -> Iterator[Mac]:
    """A Mac's commands on the PATH of this process, and a stand-in Safari behind them."""
    with pytest.MonkeyPatch.context() as patch, a_mac() as mac:
        for name, value in mac.environment.items():
            patch.setenv(name, value)
        yield mac


@pytest.fixture(scope="session")
def pools(pool: Chromium, settings: Settings, request: pytest.FixtureRequest) -> Pools:
    """The sessions of each transport that drives a browser; Safari's only where a test asks for it."""
    return Pools(pool, lambda: request.getfixturevalue("safari"))


@pytest.fixture(scope="session")
def safari(mac: Mac, settings: Settings) -> Safari:
    """The window of the stand-in Safari, for the whole run."""
    return Safari(settings, Ours())


@pytest.fixture
def account(sandbox: Sandbox) -> AccountFacts:
    """An account of the first browser platform, for what concerns the browser alone."""
    return facts("instagram", sandbox)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, sandbox: Sandbox, pools: Pools) -> Iterator[Case]:
    """Every capability of every connector, over each browser, by itself; nothing is armed before and after."""
    platform, capability = request.param
    action = load_action(platform, capability.name, capability.transport)
    sandbox.disarm()
    found = Case(platform, capability, action, facts(platform, sandbox), sandbox, pools.of(capability.transport))
    found.show_credits()
    yield found
    sandbox.disarm()
