"""What does the contract suite run on: real practice sites in a process of their own, and real Chromium?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from connectors.browser.chromium import Chromium
from connectors.registry import load_action
from shared.settings import Settings
from tests.contract.kit import CASES, Case, Sandbox, facts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from connectors.contract.action import AccountFacts

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.fixture
def account(sandbox: Sandbox) -> AccountFacts:
    """An account of the first browser platform, for what concerns the browser alone."""
    return facts("instagram", sandbox)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, sandbox: Sandbox, pool: Chromium) -> Iterator[Case]:
    """Every capability of every connector, by itself; nothing is armed before and after."""
    platform, capability = request.param
    if capability.transport != "chromium":
        pytest.skip(f"the suite has no session yet for the transport {capability.transport!r}")
    action = load_action(platform, capability.name, capability.transport)
    sandbox.disarm()
    yield Case(platform, capability, action, facts(platform, sandbox), sandbox, pool)
    sandbox.disarm()
