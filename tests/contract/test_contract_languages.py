"""Is everything found on pages that speak German or Spanish, whatever their labels say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.contract.reading import InboxReading, PostsReading, Search, Since
from connectors.registry import MANIFESTS, load_action, load_asking
from shared.errors import ContentRejected, OutcomeUnknown
from tests.contract.kit import Case, Sandbox, a_text, facts, soon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.browser.chromium.driver import Chromium

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SPEAKING = ("instagram", "threads", "tiktok", "x")


@pytest.fixture
def speaking(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The practice sites, which speak English again afterwards."""
    sandbox.ask("/_control/reset", {})
    yield sandbox
    sandbox.ask("/_control/reset", {})


def cases(platform: str, sandbox: Sandbox, pool: Chromium) -> list[Case]:
    """What a platform can do in Chromium."""
    return [
        Case(
            platform,
            capability,
            load_action(platform, capability.name, "chromium"),
            facts(platform, sandbox),
            sandbox,
            pool,
        )
        for capability in MANIFESTS[platform].capabilities
        if capability.kind == "action" and capability.transport == "chromium"
    ]


@pytest.mark.parametrize("platform", SPEAKING)
async def test_pages_in_another_language_are_written_on_and_read(platform: str, speaking: Sandbox, pool: Chromium) -> None:
    known = cases(platform, speaking, pool)
    speaking.ask("/_control/language", {"platform": platform, "language": "es"})
    await _is_read(platform, speaking, pool)
    for language in ("es", "de"):
        speaking.ask("/_control/language", {"platform": platform, "language": language})
        for case in known:
            await _is_done(case)
    await _is_missing(known[0])


async def test_a_refusal_whose_words_nobody_knows_is_looked_up(speaking: Sandbox, pool: Chromium) -> None:
    case = next(case for case in cases("instagram", speaking, pool) if case.capability.name == "comment")
    speaking.ask("/_control/language", {"platform": "instagram", "language": "de"})
    request = case.request(a_text())
    async with pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        speaking.arm("instagram", "rate_limited")
        with pytest.raises(OutcomeUnknown):
            await case.action.commit(session, request, baseline, soon(end=1))
        assert await case.action.verify(session, request, baseline, frozenset()) is None
    assert case.arrived(request) == []


async def _is_done(case: Case) -> None:
    request = case.request(a_text())
    async with case.pool.session(case.account) as session:
        baseline = await case.action.prepare(session, request)
        receipt = await case.action.commit(session, request, baseline, soon())
    assert [row["id"] for row in case.arrived(request)] == [receipt.external_id]


async def _is_missing(case: Case) -> None:
    gone = case.request(a_text(), target=case.targets()[0].rstrip("/")[:-5] + "00000/")
    async with case.pool.session(case.account) as session:
        with pytest.raises(ContentRejected, match="isn't available"):
            await case.action.prepare(session, gone)


async def _is_read(platform: str, sandbox: Sandbox, pool: Chromium) -> None:
    came = [(kind, sandbox.ask("/_control/incoming", _from_somebody(platform, kind))) for kind in ("comment", "mention")]
    async with pool.session(facts(platform, sandbox)) as session:
        arrived: InboxReading = await load_asking(platform, "inbox", "chromium").ask(session, Since())
        found: PostsReading = await load_asking(platform, "discovery", "chromium").ask(session, Search("light", 1))
        none: PostsReading = await load_asking(platform, "discovery", "chromium").ask(session, Search("qqqqqq", 1))
    kinds = {one.external_id: one.kind for one in arrived.items}
    assert {row["id"]: kinds.get(row["id"]) for _, row in came} == {row["id"]: kind for kind, row in came}
    assert [1 <= (post.likes or 0) < 10_000_000 for post in found.items] == [True]
    assert (none.items, none.complete) == ((), True)


def _from_somebody(platform: str, kind: str) -> dict[str, str]:
    return {"platform": platform, "kind": kind, "from": "maple_studio", "text": a_text()}
