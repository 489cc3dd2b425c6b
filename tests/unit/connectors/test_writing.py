"""Which row counts as ours, what counts as a refusal, and when is a reading complete?"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from connectors.browser.driver import Pressed
from connectors.browser.pages.refusal import Refusal
from connectors.browser.pages.screen import Reading, Row, Screen
from connectors.browser.pages.writing import Writing
from connectors.contract.action import AccountFacts, Baseline, CannotTell, Deadline, NotBegun, Receipt, Request
from connectors.contract.content import CommentContent
from shared.errors import AccountBlocked, ActionRequired, OutcomeUnknown, RateLimited, Transient

if TYPE_CHECKING:
    from connectors.browser.driver import Locator

ASKED = Request("https://site.example/p/1", CommentContent(text="Hello there"), "key")
NOTHING = Baseline(matching_ids=(), newest_id=None)
REFUSALS = (
    Refusal(AccountBlocked, "action_blocked", "Try Again Later"),
    Refusal(RateLimited, "rate_limited", "too fast"),
    Refusal(Transient, "page_says_failed", "Couldn't post", certain=False),
)


@dataclass
class StubDriver:
    """A page that clicks as it is told and holds what it is told."""

    clicks: bool = True
    held: str = "Hello there"
    clicked: int = 0

    def press(self, text: str, *, ours: bool) -> Pressed:
        if self.held != text or not ours:
            return Pressed(clicked=False, why="checked")
        self.clicked += self.clicks
        return Pressed(clicked=self.clicks, why="clicked" if self.clicks else "late")


@dataclass
class StubScreen(Screen):
    """A screen that shows one reading after the other; the last one stays."""

    readings: list[Reading]
    stub: StubDriver = field(default_factory=StubDriver)
    more: list[Reading] = field(default_factory=list)

    refusals = REFUSALS
    composer = "composer"
    submit = "submit"

    def __post_init__(self) -> None:
        self.driver = self.stub  # type: ignore[assignment]
        self.account = AccountFacts("1", "site", "Demo", "https://site.example", {})
        self._owners = set()

    async def arrive(self, request: Request) -> None:
        pass

    def handle_of(self, link: str) -> str:
        return link

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        raise NotImplementedError

    def locator(self, name: str) -> Locator:
        return _AnyLocator()  # type: ignore[return-value]

    async def read(self) -> Reading:
        return self.readings[0] if len(self.readings) == 1 else self.readings.pop(0)

    async def read_after(self, before: Reading, *, within: float) -> Reading | None:
        later = await self.read()
        return None if later == before else later

    async def read_result(self, before: Reading, *, within: float) -> Reading | None:
        later = await self.read()
        while later == before and self.readings[0] != before:
            later = await self.read()
        return None if later == before else later

    async def press_submit(self, text: str, begin_by: float) -> tuple[Pressed, Reading]:
        before = await self.read()
        return self.stub.press(text, ours=self.is_own(before.owner)), before

    async def read_older(self, before: Reading) -> Reading | None:
        if not self.more:
            return None
        self.readings = [self.more.pop(0)]
        return self.readings[0]


class _AnyLocator:
    def as_json(self) -> list[dict[str, Any]]:
        return []


def showing(*rows: Row, notices: tuple[str, ...] = (), owner: str = "demo", path: str = "/p/1") -> Reading:
    return Reading(raw=str((rows, notices, path)), rows=rows, notices=notices, owner=owner, path=path, mark=owner)


def mine(number: str, text: str = "Hello there", *, failed: str = "") -> Row:
    return Row(id=number, text=text, own=True, url=f"https://site.example/c/{number}", failed=failed)


async def commit(screen: StubScreen, baseline: Baseline = NOTHING) -> Receipt:
    action = Writing(lambda _: screen)
    deadline = Deadline(time.time() + 1, time.time() + 1)
    return await action.commit(_Session(screen.stub), ASKED, baseline, deadline)  # type: ignore[arg-type]


async def verify(screen: StubScreen, baseline: Baseline, known: frozenset[str] = frozenset()) -> Receipt | None:
    return await Writing(lambda _: screen).verify(None, ASKED, baseline, known)  # type: ignore[arg-type]


@dataclass
class _Session:
    driver: StubDriver


async def test_a_row_counts_once_the_platform_has_numbered_it() -> None:
    screen = StubScreen([showing(), showing(mine("")), showing(mine("105", "  Hello\u200b   there "))])
    receipt = await commit(screen)
    assert (receipt.external_id, receipt.external_url) == ("105", "https://site.example/c/105")
    assert screen.stub.clicked == 1


async def test_a_row_that_appears_and_then_fails_is_no_success() -> None:
    screen = StubScreen([showing(), showing(mine("")), showing(mine("", failed="couldn't send"))])
    with pytest.raises(OutcomeUnknown) as caught:
        await commit(screen)
    assert caught.value.code == "page_says_failed"


async def test_what_a_failed_row_says_decides_what_it_was() -> None:
    with pytest.raises(RateLimited):
        await commit(StubScreen([showing(), showing(mine("", failed="You are sending messages too fast"))]))


async def test_an_old_failure_of_the_same_text_is_not_taken_for_this_one() -> None:
    old = mine("", failed="couldn't send")
    assert (await commit(StubScreen([showing(old), showing(old), showing(old, mine("7"))]))).external_id == "7"


async def test_a_live_row_wins_over_a_notice_that_comes_with_it() -> None:
    screen = StubScreen([showing(), showing(mine("9"), notices=("Try Again Later",))])
    assert (await commit(screen)).external_id == "9"


@pytest.mark.parametrize(
    ("notice", "error"),
    [
        ("Please: TRY AGAIN LATER!", AccountBlocked),
        ("Couldn't post comment", OutcomeUnknown),
        ("Something else", OutcomeUnknown),
    ],
)
async def test_words_in_a_notice_decide(notice: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await commit(StubScreen([showing(), showing(notices=(notice,))]))


async def test_words_that_people_wrote_refuse_nothing() -> None:
    said = Row("3", "Try Again Later", own=False)
    assert (await commit(StubScreen([showing(said), showing(said), showing(said, mine("8"))]))).external_id == "8"


async def test_leaving_the_page_after_the_click_is_unknown_at_once() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        await commit(StubScreen([showing(), showing(path="/challenge/")]))
    assert caught.value.code == "page_left"


@pytest.mark.parametrize("row", [mine("100"), mine("90"), Row("200", "Hello there", own=False), mine("200", "Hello here")])
async def test_old_rows_and_other_peoples_do_not_confirm(row: Row) -> None:
    with pytest.raises(OutcomeUnknown):
        await commit(StubScreen([showing(row)]), Baseline(("90",), "100"))


@pytest.mark.parametrize(("owner", "code"), [("rival", "wrong_account"), ("", "logged_out")])
async def test_nobody_clicks_for_somebody_else(owner: str, code: str) -> None:
    screen = StubScreen([showing(owner=owner)])
    with pytest.raises(ActionRequired) as caught:
        await commit(screen)
    assert caught.value.code == code
    assert screen.stub.clicked == 0


@pytest.mark.parametrize("stub", [StubDriver(clicks=False), StubDriver(held="")])
async def test_what_did_not_begin_says_so(stub: StubDriver) -> None:
    with pytest.raises(NotBegun):
        await commit(StubScreen([showing()], stub))
    assert stub.clicked == 0


async def test_verify_answers_none_only_where_the_reading_reaches_back() -> None:
    assert await verify(StubScreen([showing(Row("100", "x", own=False))]), Baseline((), "100")) is None
    assert await verify(StubScreen([showing(Row("99", "x", own=False))]), Baseline((), "100")) is None
    assert await verify(StubScreen([showing()]), Baseline((), None)) is None
    for rows in ((), (Row("101", "x", own=False),)):
        with pytest.raises(Transient) as caught:
            await verify(StubScreen([showing(*rows)]), Baseline((), "100"))
        assert caught.value.code == "incomplete_read"


async def test_verify_reads_older_rows_until_it_finds_ours() -> None:
    newest = Row("120", "x", own=False)
    receipt = await verify(StubScreen([showing(newest)], more=[showing(newest, mine("110"))]), Baseline((), "100"))
    assert receipt is not None
    assert receipt.external_id == "110"


async def test_verify_does_not_take_an_endless_list_for_a_complete_one() -> None:
    endless = [showing(Row(str(200 + number), "x", own=False)) for number in range(50)]
    for baseline in (NOTHING, Baseline((), "100")):
        with pytest.raises(Transient) as caught:
            await verify(StubScreen([showing()], more=list(endless)), baseline)
        assert caught.value.code == "incomplete_read"


@pytest.mark.parametrize(
    "pages",
    [
        [showing(mine("110"), mine("120"), Row("100", "x", own=False))],
        [showing(mine("120")), showing(mine("110"), Row("100", "x", own=False))],
        [showing(mine("120")), showing(mine("120"), mine("110"))],
    ],
    ids=["at once", "further down", "further down, and the list ends"],
)
async def test_verify_says_so_where_several_rows_fit(pages: list[Reading]) -> None:
    with pytest.raises(CannotTell) as caught:
        await verify(StubScreen(pages[:1], more=pages[1:]), Baseline((), "100"))
    assert caught.value.code == "several_fit"


async def test_a_click_after_which_several_rows_fit_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        await commit(StubScreen([showing(), showing(mine("7"), mine("8"))]))
    assert caught.value.code == "several_fit"


async def test_verify_leaves_what_belongs_to_other_effects() -> None:
    screen = StubScreen([showing(mine("110"), mine("120"), Row("100", "x", own=False))])
    receipt = await verify(screen, Baseline((), "100"), frozenset({"110"}))
    assert receipt is not None
    assert receipt.external_id == "120"
