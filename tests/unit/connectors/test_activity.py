"""Does a page of activity say what it is that somebody did, in each language that is read, and stop in any other?"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from connectors.browser.pages.activity import Activity, kind_of
from connectors.contract.action import Request
from connectors.threads.pages.reading import Told
from shared.errors import UiChanged


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("mentioned you in a comment:", "mention"),
        ("hat dich in einem Kommentar erwähnt:", "mention"),
        ("te ha mencionado en un comentario:", "mention"),
        ("te mencionó", "mention"),
        ("commented:", "comment"),
        ("Replied to you", "comment"),
        ("hat kommentiert:", "comment"),
        ("Hat dir geantwortet", "comment"),
        ("Antwort an @demo", "comment"),
        ("ha comentado:", "comment"),
        ("comentó:", "comment"),
        ("En respuesta a @demo", "comment"),
        ("liked your photo.", None),
        ("gefällt dein Foto.", None),
        ("le gusta tu foto.", None),
        ("", None),
    ],
)
def test_what_somebody_did_is_known_by_the_pages_words(said: str, kind: str | None) -> None:
    assert kind_of(said) == kind


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Told:
    """A page of activity whose language the test says."""

    async def entered(*_: object) -> str:
        return "activity_row"

    async def evaluate(_: str) -> str:
        return str(page.account.language)

    async def changed(locator: str, message: str) -> UiChanged:
        return UiChanged(locator=locator, message=message)

    monkeypatch.setattr(Activity, "enter", entered)
    page = object.__new__(Told)
    page.account = SimpleNamespace(origin="", language="")
    page.driver = SimpleNamespace(evaluate=evaluate, ui_changed=changed)
    return page


@pytest.mark.parametrize("language", ["", "en-US", "de", "ES"])
async def test_a_page_in_a_known_language_is_read(page: Told, language: str) -> None:
    page.account.language = language
    await page.arrive(Request(""))


async def test_a_page_in_any_other_language_is_not_taken_for_an_empty_one(page: Told) -> None:
    page.account.language = "fr"
    with pytest.raises(UiChanged, match="not read: fr") as caught:
        await page.arrive(Request(""))
    assert caught.value.locator == "activity_words"
