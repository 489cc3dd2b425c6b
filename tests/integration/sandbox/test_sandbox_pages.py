"""Do the practice pages behave in a real Chromium as the facts say that the platforms' pages do?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sandbox import words

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.integration.sandbox.process import Sandbox

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
BOX = 'textarea[aria-label^="Add a comment"]'
COMPOSER = 'div[contenteditable="true"][role="textbox"][aria-label="Message"]'
EDITOR = '[data-e2e="dm-new-input-editor"] [contenteditable="true"]'
COMMENT_EDITOR = '[data-e2e="comment-input"] [contenteditable="true"]'
ENABLED_POST = '[data-e2e="comment-post"][aria-disabled="false"]'


def comment_on_instagram(page: Page, text: str) -> None:
    page.locator(BOX).fill(text)
    page.get_by_role("button", name="Post", exact=True).click()


def comment_on_tiktok(page: Page, text: str) -> None:
    page.locator('[data-e2e="comment-icon"]').click()
    page.locator(COMMENT_EDITOR).click()
    page.keyboard.insert_text(text)
    page.locator(ENABLED_POST).click()


def test_a_comment_on_instagram_is_one_row_of_truth_with_a_permalink(sandbox: Sandbox, page: Page) -> None:
    post = sandbox.post("instagram")
    page.goto(post["url"])
    comment_on_instagram(page, "what a light")
    row = page.get_by_role("listitem").filter(has_text="what a light")
    expect(row).to_have_attribute("data-comment-id", re.compile(r"^\d{17}$"))
    (effect,) = sandbox.effects()
    assert (effect["kind"], effect["account"], effect["target"]) == ("comment", "demo", post["url"])
    row.locator('a[href*="/c/"]').click()
    expect(page).to_have_url(f"{post['url']}c/{effect['id']}/")
    expect(page.get_by_role("listitem").first).to_have_attribute("data-comment-id", effect["id"])


def test_a_message_on_instagram_is_one_row_of_truth(sandbox: Sandbox, page: Page) -> None:
    page.goto(f"{sandbox.url}/instagram/maple_studio/")
    page.get_by_role("button", name="Message").click()
    expect(page).to_have_url(re.compile(r"/direct/t/\d{17}/$"))
    expect(page.locator("header")).to_contain_text("maple_studio")
    page.locator(COMPOSER).click()
    page.keyboard.type("two")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("lines")
    page.get_by_role("button", name="Send").click()
    bubble = page.locator("[data-message-id]").filter(has_text="two")
    expect(bubble).to_contain_text("Sent")
    (effect,) = sandbox.effects()
    assert (effect["kind"], effect["target"], effect["text"]) == ("dm", "maple_studio", "two\nlines")
    assert bubble.get_attribute("data-message-id") == effect["id"]


def test_instagram_leads_to_a_thread_by_search_and_by_inbox(sandbox: Sandbox, page: Page) -> None:
    sandbox.message("instagram", "cobalt_press", "hello there")
    page.goto(f"{sandbox.url}/instagram/direct/inbox/")
    row = page.get_by_label("Thread list").get_by_role("button")
    assert row.locator("a").count() == 0
    row.click()
    expect(page.locator("header")).to_contain_text("cobalt_press")
    page.goto(f"{sandbox.url}/instagram/direct/new/")
    page.locator('input[name="queryBox"]').fill("cobalt_gar")
    page.get_by_role("button", name="cobalt_garden").click()
    page.get_by_role("button", name="Chat", exact=True).click()
    expect(page.locator("header")).to_contain_text("cobalt_garden")


def test_a_comment_on_tiktok_is_one_row_of_truth_with_a_permalink(sandbox: Sandbox, page: Page) -> None:
    post = sandbox.post("tiktok")
    page.goto(post["url"])
    comment_on_tiktok(page, "what a cut")
    row = page.locator('[data-e2e="comment-item"]').filter(has_text="what a cut")
    expect(row.locator('[data-e2e="comment-username-1"]')).to_have_text("demo")
    (effect,) = sandbox.effects()
    assert (effect["kind"], effect["target"], row.get_attribute("data-comment-id")) == ("comment", post["url"], effect["id"])
    row.locator(f'a[href$="comment_id={effect["id"]}"]').click()
    expect(page.locator('[data-e2e="comment-item"]').first).to_have_attribute("data-comment-id", effect["id"])


def test_a_message_on_tiktok_is_one_row_of_truth(sandbox: Sandbox, page: Page) -> None:
    page.goto(f"{sandbox.url}/tiktok/@maple_studio")
    page.locator('[data-e2e="message-button"]').click()
    expect(page.locator('[data-e2e="chat-uniqueid"]')).to_have_text("@maple_studio")
    expect(page.locator('[data-e2e="dm-new-send-btn"]')).to_have_count(0)
    page.locator(EDITOR).click()
    page.keyboard.type("good evening")
    page.locator('[data-e2e="dm-new-send-btn"]').click()
    bubble = page.locator('[data-e2e="dm-new-chat-item"]').filter(has_text="good evening")
    expect(bubble).to_have_attribute("data-message-id", re.compile(r"^\d{17}$"))
    (effect,) = sandbox.effects()
    assert (effect["kind"], effect["target"], effect["text"]) == ("dm", "maple_studio", "good evening")


def test_tiktoks_list_of_chats_ignores_clicks_that_a_script_made(sandbox: Sandbox, page: Page) -> None:
    sandbox.message("tiktok", "maple_studio", "hi")
    page.goto(f"{sandbox.url}/tiktok/messages?lang=en")
    item = page.locator('[data-e2e="dm-new-conversation-item"]')
    item.evaluate("node => node.click()")
    assert "u=maple_studio" not in page.url
    item.click()
    expect(page.locator('[data-e2e="chat-uniqueid"]')).to_have_text("@maple_studio")


@pytest.mark.parametrize(("platform", "marker"), [("instagram", BOX), ("tiktok", '[data-e2e="comment-icon"]')])
def test_content_comes_late_by_script(sandbox: Sandbox, page: Page, platform: str, marker: str) -> None:
    url = sandbox.post(platform)["url"]
    raw = sandbox.http.get(url).text
    assert "Add a comment" not in raw
    assert "comment-icon" not in raw
    assert 'class="skeleton' in raw
    page.goto(url, wait_until="commit")
    expect(page.locator(marker)).to_be_visible()


def test_text_that_a_script_put_there_is_not_seen_by_the_pages_state(sandbox: Sandbox, page: Page) -> None:
    page.goto(sandbox.post("instagram")["url"])
    page.locator(BOX).evaluate("node => { node.value = 'x'; node.dispatchEvent(new Event('input', {bubbles: true})) }")
    expect(page.get_by_role("button", name="Post", exact=True)).to_have_count(0)
    page.goto(sandbox.post("tiktok")["url"])
    page.locator('[data-e2e="comment-icon"]').click()
    page.locator(COMMENT_EDITOR).evaluate(
        "node => { node.innerText = 'x'; node.dispatchEvent(new InputEvent('input', {bubbles: true, data: 'x'})) }"
    )
    expect(page.locator('[data-e2e="comment-post"]')).to_have_attribute("aria-disabled", "true")
    page.locator(COMMENT_EDITOR).evaluate("node => { node.focus(); document.execCommand('insertText', false, 'y') }")
    expect(page.locator(ENABLED_POST)).to_be_visible()


def test_who_is_signed_in_shows_and_can_be_changed(sandbox: Sandbox, page: Page) -> None:
    page.goto(f"{sandbox.url}/instagram/")
    expect(page.locator('svg[aria-label="Home"]')).to_be_visible()
    expect(page.locator('a[href="/instagram/demo/"]')).to_be_visible()
    page.get_by_role("button", name="Not Now").click()
    page.goto(f"{sandbox.url}/instagram/accounts/logout/")
    expect(page.locator('input[name="username"]')).to_be_visible()
    page.goto(f"{sandbox.url}/instagram/direct/inbox/")
    page.locator('input[name="username"]').fill("nina_films")
    page.locator('input[name="password"]').fill("anything")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator('a[href="/instagram/nina_films/"]')).to_be_visible()
    assert page.get_by_role("dialog").count() == 0
    page.goto(f"{sandbox.url}/tiktok/_signin?as=omar.cooks")
    expect(page.locator('[data-e2e="profile-icon"]')).to_have_attribute("href", "/tiktok/@omar.cooks")
    page.goto(f"{sandbox.url}/tiktok/logout")
    expect(page.locator('[data-e2e="top-login-button"]')).to_be_visible()


@pytest.mark.parametrize(("platform", "path"), [("instagram", "/p/nothing/"), ("tiktok", "/@nobody_at_all")])
def test_what_does_not_exist_says_so(sandbox: Sandbox, page: Page, platform: str, path: str) -> None:
    answer = page.goto(f"{sandbox.url}/{platform}{path}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading")).to_have_text("Sorry, this page isn't available.")


def test_a_block_stands_over_the_page_and_a_limit_is_a_toast(sandbox: Sandbox, page: Page) -> None:
    sandbox.arm("instagram", "action_blocked")
    sandbox.arm("tiktok", "rate_limited")
    page.goto(sandbox.post("instagram")["url"])
    comment_on_instagram(page, "no")
    expect(page.get_by_role("dialog")).to_contain_text("Action Blocked")
    page.goto(sandbox.post("tiktok")["url"])
    comment_on_tiktok(page, "no")
    expect(page.get_by_role("alert")).to_contain_text("You are sending messages too fast")
    assert sandbox.effects() == []


def test_a_write_without_an_answer_leaves_a_row_without_an_id(sandbox: Sandbox, page: Page) -> None:
    sandbox.arm("instagram", "timeout_after_write")
    page.goto(sandbox.post("instagram")["url"])
    comment_on_instagram(page, "hanging")
    row = page.get_by_role("listitem").filter(has_text="hanging")
    expect(row).to_contain_text("Posting...")
    assert row.get_attribute("data-comment-id") is None
    page.reload()
    expect(row).to_have_attribute("data-comment-id", sandbox.effects()[0]["id"])


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
def test_a_changed_layout_hides_composer_and_submit(sandbox: Sandbox, page: Page, platform: str) -> None:
    sandbox.arm(platform, "layout_changed")
    page.goto(sandbox.post(platform)["url"])
    if platform == "tiktok":
        page.locator('[data-e2e="comment-icon"]').click()
    expect(page.get_by_text("Share", exact=True)).to_be_visible()
    assert page.locator(f'{BOX}, [data-e2e="comment-input"], [contenteditable], textarea').count() == 0


def test_challenge_and_wrong_account_show_on_the_page(sandbox: Sandbox, page: Page) -> None:
    sandbox.arm("tiktok", "challenge")
    sandbox.arm("instagram", "wrong_account")
    page.goto(f"{sandbox.url}/tiktok/messages?lang=en")
    expect(page.locator('[id*="captcha"].captcha_verify_container')).to_be_visible()
    page.goto(sandbox.post("instagram")["url"])
    expect(page.locator('nav a[href="/instagram/someone_else/"]')).to_be_visible()


@pytest.mark.parametrize("platform", ["instagram", "threads", "tiktok", "x"])
def test_every_translated_word_is_one_of_the_sites_own_in_each_language(platform: str) -> None:
    folder = ROOT / "sandbox" / platform
    own = "".join(file.read_text(encoding="utf-8") for file in (*folder.rglob("*.js"), folder / "routes.py"))
    languages = words.load(folder)
    assert sorted(languages) == ["de", "en", "es"]
    assert [english for english in languages["de"] if words.as_written(english) not in own] == []
    assert list(languages["de"]) == list(languages["es"])


def test_a_site_speaks_another_language_until_the_next_reset(sandbox: Sandbox, page: Page) -> None:
    def speak(language: str) -> int:
        body = {"platform": "instagram", "language": language}
        return sandbox.http.post("/_control/language", json=body).status_code

    assert (speak("fr"), speak("de")) == (400, 200)
    page.goto(f"{sandbox.url}/instagram/maple_studio/")
    expect(page.get_by_role("button", name="Nachricht", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"
    sandbox.http.post("/_control/reset")
    page.goto(f"{sandbox.url}/instagram/maple_studio/")
    expect(page.get_by_role("button", name="Message", exact=True)).to_be_visible()
