"""Does the live page show, in a real browser, what holds everything up?"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from cli.local.browser import find_browser
from tests.support.gateway import Gateway

pytestmark = pytest.mark.browser


@pytest.fixture
def page(gateway: Gateway) -> Iterator[Page]:
    """The page as its owner opens it."""
    with sync_playwright() as playwright:
        path = str(find_browser(os.environ.get("CALLSHEET_BROWSER", "")))
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=os.geteuid() != 0)
        opened = browser.new_page()
        opened.goto(f"{gateway.url}/#key={gateway.api_key}")
        yield opened
        browser.close()


def test_a_kill_switch_that_is_on_stands_at_the_head_of_the_page(gateway: Gateway, page: Page):
    expect(page.locator("#system")).to_have_text("running")
    expect(page.locator("#kill-switch")).to_be_hidden()

    gateway.post("/api/system/kill-switch", {"on": True}).raise_for_status()

    expect(page.locator("#kill-switch")).to_have_text("nothing goes out: the kill switch was turned on by local owner")


def test_what_the_kill_switch_says_fits_a_narrow_screen(gateway: Gateway, page: Page):
    gateway.post("/api/system/kill-switch", {"on": True}).raise_for_status()
    page.set_viewport_size({"width": 390, "height": 700})
    expect(page.locator("#kill-switch")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
