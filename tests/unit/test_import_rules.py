"""Do the import rules bite? What they forbid is written into a copy of the source, and each line of it is reported."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]

FORBIDDEN = {
    "api/forbidden.py": [
        "connectors.instagram.pages.post",
        "connectors.mastodon.actions",
        "connectors.mastodon.pages.post",
        "connectors.browser.driver",
        "connectors.runway.client",
        "shared.accounts.lookup.accounts",
        "connectors.x.measure",
        "shared.accounts.store.accounts",
        "shared.engine.store.tasks",
        "shared.films.repository",
        "workers.attempts.intent",
    ],
    "cli/forbidden.py": [
        "connectors.runway.client",
        "connectors.browser.chromium.driver",
        "shared.encryption_keys.encrypted_columns",
        "shared.engine.store.tasks",
        "shared.system.store.restored",
        "launcher.forks",
        "celery",
    ],
    "connectors/http/forbidden.py": ["shared.db.session", "connectors.x.actions"],
    "connectors/threads/forbidden.py": ["connectors.x.errors", "connectors.x.measure"],
    "connectors/tiktok/measure.py": ["connectors.browser.driver", "connectors.tiktok.manifest", "httpx", "shared.errors"],
    "shared/db/forbidden.py": ["shared.engine.rules.gates"],
    "shared/engine/rules/forbidden.py": ["sqlalchemy", "shared.engine.store.tasks"],
    "shared/engine/store/forbidden.py": ["shared.accounts.view"],
    "shared/approvals/forbidden.py": ["shared.do_not_contact.repository"],
    "shared/inbox/forbidden.py": ["shared.films.repository", "shared.media.repository"],
    "shared/tasks/forbidden.py": [
        "shared.accounts.store.accounts",
        "shared.accounts.store.evidence",
        "shared.accounts.store.locator_drift",
        "shared.approvals.repository",
        "shared.identity.store.workspaces",
    ],
    "workers/delivery/forbidden.py": ["workers.attempts.intent"],
    "workers/executors/forbidden.py": ["workers.attempts.outward_step", "connectors.x.actions"],
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    copy = tmp_path_factory.mktemp("source")
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/import_contracts.py", copy / "scripts")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=lambda _, names: [n for n in names if n == "__pycache__"])
    (copy / "connectors/mastodon/pages").mkdir(parents=True)
    for name in ("__init__.py", "actions.py", "pages/__init__.py", "pages/post.py"):
        (copy / "connectors/mastodon" / name).touch()  # a platform that somebody adds later
    for name, modules in FORBIDDEN.items():
        (copy / name).write_text("".join(f"import {module}\n" for module in modules))
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("importer", "module"), [(name, module) for name, modules in FORBIDDEN.items() for module in modules]
)
def test_a_forbidden_import_is_reported(report: str, importer: str, module: str):
    assert f"{importer.removesuffix('.py').replace('/', '.')} -> {module} " in report
