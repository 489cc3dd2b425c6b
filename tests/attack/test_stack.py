"""What does somebody learn who has taken over a browser, or sees the processes of a running installation?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import psutil
import pytest

from connectors.browser.chromium import driver as chromium
from connectors.browser.chromium.driver import Chromium
from connectors.contract.action import AccountFacts
from tests.support.environments import family_of, secrets_of, shown_by
from tests.support.gateway import Gateway, serve_apart
from tests.support.stack import QUICK, Stack, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="another process's environment is read in /proc"),
]
SECRET = "canary-of-an-environment"
ROLE_OF = {"beat": "dispatcher", "keeper": "worker", "system": "worker", "instagram": "worker", "sandbox": None}


@pytest.fixture(scope="module")
def gateway(module_database, free_port, tmp_path_factory) -> Iterator[Gateway]:
    settings = module_database.model_copy(update={**QUICK, "sandbox_port": free_port(), "log_format": "console"})
    with serve_apart(settings, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def stack(gateway: Gateway, tmp_path_factory) -> Iterator[Stack]:
    """Everything, once for this file, each process told what its kind is."""
    stack = Stack(gateway.settings, tmp_path_factory.mktemp("stack"), traced=False, programs=True)
    try:
        stack.start_all(("system", "instagram"))
        yield stack
    finally:
        stack.stop_all()


def test_a_process_shows_the_password_of_its_own_role_alone(stack: Stack):
    secrets = secrets_of(stack.settings)
    for name, role in ROLE_OF.items():
        shown = {one for process in family_of(stack.processes[name].pid) for one in shown_by(process, secrets)}
        assert shown & {"owner", "gateway", "dispatcher", "worker"} == ({role} if role else set()), name
        assert ("key" in shown) == (name in {"system", "instagram"}), name


def test_a_browser_at_work_and_what_drives_it_show_no_secret(stack: Stack, gateway: Gateway):
    post = stack.posts("instagram")[0]["url"]
    payload = {"post_url": post, "text": "From a browser that knows nothing."}
    task = gateway.submit({"type": "comment", "platform": "instagram", "account": "demo", "payload": payload})
    path = f"/api/scheduler/task/{task['id']}"
    wait_for("it is done", lambda: gateway.http.get(path).json()["status"] == "completed", seconds=60)

    child = stack.child_of("instagram")
    assert child is not None
    programs = family_of(child)[1:]
    assert any("--type=renderer" in process.cmdline() for process in programs)
    assert any("run-driver" in process.cmdline() for process in programs)
    secrets = secrets_of(stack.settings)
    assert {process.name(): shown for process in programs if (shown := shown_by(process, secrets))} == {}


@pytest.mark.parametrize("guarded", [True, False])
async def test_the_environment_of_a_browser_is_read_only_where_it_is_handed_on(module_database, monkeypatch, guarded):
    monkeypatch.setenv("CALLSHEET_KEYS", SECRET)
    if not guarded:
        monkeypatch.setattr(chromium, "program_environment", lambda: dict(os.environ))
        monkeypatch.setattr(chromium, "forget_secrets", lambda: None)
    account = AccountFacts("00000000-0000-0000-0000-000000000007", "instagram", "demo", "http://127.0.0.1", credentials={})
    browsers = Chromium(module_database)
    before = set(psutil.Process(os.getpid()).children(recursive=True))
    try:
        async with browsers.session(account):
            started = set(psutil.Process(os.getpid()).children(recursive=True)) - before
            showing = {process.pid for process in started if shown_by(process, {SECRET: "canary"})}
    finally:
        await browsers.close()

    assert len(started) >= 3
    assert len(showing) == 0 if guarded else len(showing) >= 2  # what drives it, and it
