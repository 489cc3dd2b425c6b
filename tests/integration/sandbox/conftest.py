"""How do the sandbox's tests get a server and a real browser?"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.integration.sandbox.process import Sandbox, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run one sandbox for all tests that do not end it."""
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    """Give a test its own epoch and a visitor without cookies."""
    shared_sandbox.http.cookies.clear()
    shared_sandbox.http.post("/_control/reset")
    return shared_sandbox


@pytest.fixture(scope="module")  # no longer: its event loop would stay in the way of asyncio tests
def browser() -> Iterator[Browser]:
    """Open one Chromium for all tests."""
    path = os.environ.get("CALLSHEET_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, chromium_sandbox=os.geteuid() != 0)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page without cookies; an error of a page's own script fails the test."""
    context = browser.new_context()
    context.set_default_timeout(5000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []
