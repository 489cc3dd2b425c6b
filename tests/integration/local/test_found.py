"""Can an installation be proven and founded, in whatever order?"""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from shared.errors import Conflict
from shared.settings import Settings
from tests.unit.deploy.composition import ROOT, raw


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("found", ROOT / "deploy/found.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words_of(service: str) -> list[str]:
    """What Compose has the script told."""
    entrypoint: list[str] = raw()["services"][service]["entrypoint"]
    return entrypoint[entrypoint.index("/opt/callsheet/found.py") + 1 :]


STUDIO = (*words_of("found"), "--workspace", "studio")
PROOF = (*words_of("found-practice"), "--key", "prove 1")
AGAIN = (*words_of("found-practice"), "--key", "prove 2")


def owners(settings: Settings) -> dict[str, str]:
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT h.name, w.name FROM hosts h JOIN workspaces w ON w.id = h.workspace_id"))
        return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("order", [(STUDIO, PROOF, AGAIN), (PROOF, STUDIO, AGAIN), (PROOF, AGAIN, STUDIO)])
def test_what_proves_an_installation_and_what_founds_it_come_in_either_order(database: Settings, order):
    module = script()
    keys = [module.found(database, module.arguments(list(words))) for words in order]
    assert all(keys)
    hosts = owners(database)
    assert hosts.pop("practice-1") == "practice"
    assert set(hosts.values()) == {"studio"}
    assert len(hosts) == 5


def test_a_host_of_another_workspace_is_named_and_nothing_is_made(database: Settings):
    module = script()
    module.found(database, module.arguments(["--workspace", "one", "--host", "x=browsers-5"]))
    with pytest.raises(Conflict, match="browsers-5"):
        module.found(database, module.arguments(["--workspace", "two", "--host", "x=browsers-5"]))
    assert owners(database) == {"browsers-5": "one"}
