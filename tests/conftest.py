"""What do tests of all kinds share? Servers that start once, a database for each test, a gateway."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from shared.settings import Settings
from tests.support.gateway import Gateway, serve
from tests.support.output import log_safely
from tests.support.servers import Servers, shared_servers

# How long an example takes is measured in benchmarks/, and says nothing on a busy machine.
hypothesis.settings.register_profile("callsheet", deadline=None)
hypothesis.settings.load_profile("callsheet")
log_safely()

LONGEST = ("api/test_schema", "chaos/", "local/test_house", "e2e/", "integration/workers", "contract/")
USUAL_REQUESTS = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """How thorough the run is."""
    parser.addoption(
        "--requests", type=int, default=USUAL_REQUESTS, help="requests that are made up for each operation of the API"
    )
    parser.addoption("--actions", type=int, default=30, help="comments and messages that meet faults on all platforms")
    parser.addoption("--probes", type=int, default=200_000, help="probes that the long form of killed batches does")
    parser.addoption("--long", action="store_true", help="the long forms too, which `make proof` runs")
    parser.addoption("--all-on-safari", action="store_true", help="every test of the contract suite, not one of each kind")


@pytest.fixture(scope="session")
def requests_each(pytestconfig: pytest.Config) -> int:
    """How many requests are made up for each operation of the API."""
    number: int = pytestconfig.getoption("--requests")
    return number


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first: on two cores the end of the run should be short tests."""
    items.sort(key=lambda item: next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST)))
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
    if config.getoption("--requests") > USUAL_REQUESTS:
        for item in items:
            item.add_marker(pytest.mark.timeout(0), append=False)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Servers]:
    """PostgreSQL and Redis, once for the run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "servers"
    with shared_servers(folder, worker_id) as running:
        yield running


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Ports on which nothing listens."""

    def choose() -> int:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            return port

    return choose


@pytest.fixture
def database(servers: Servers, tmp_path_factory, free_port, request) -> Iterator[Settings]:
    """Settings for a fresh database of this test."""
    yield from _database(servers, tmp_path_factory, free_port)


@pytest.fixture(scope="module")
def module_database(servers: Servers, tmp_path_factory, free_port) -> Iterator[Settings]:
    """Settings for a fresh database of this file."""
    yield from _database(servers, tmp_path_factory, free_port)


@pytest.fixture
def gateway(database: Settings) -> Iterator[Gateway]:
    """A gateway over this test's database."""
    with serve(database) as running:
        yield running


@pytest.fixture(scope="module")
def module_gateway(module_database: Settings) -> Iterator[Gateway]:
    """A gateway over this file's database, for tests that do not disturb each other."""
    with serve(module_database) as running:
        yield running


def _database(servers: Servers, tmp_path_factory, free_port) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("home")
    name = f"test_{home.parent.name}_{home.name}".replace("-", "_")
    yield servers.settings(home, name, port=free_port(), sandbox_port=free_port())
    servers.drop(name)
