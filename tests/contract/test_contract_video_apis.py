"""Do the makers that are called by their APIs keep the contract: ordered once, certain about it, followed to the file?"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Any

import pytest

from connectors.contract.action import OTHER_FORMAT, AccountFacts, Baseline, CannotTell, NotBegun, Receipt, Request
from connectors.http.egress import Egress
from connectors.http.session import ApiSession
from connectors.registry import MANIFESTS, load_action, load_film, load_reader, measure_of
from shared.errors import (
    ActionRequired,
    CallsheetError,
    ContentRejected,
    NotConfigured,
    OutcomeUnknown,
    RateLimited,
    Transient,
)
from shared.media.shape import media_type_of
from tests.contract.kit import a_text, film, soon
from tests.support.video_makers import KEY, Handler, Maker, RunwayProtocol, VideosProtocol, maker

pytestmark = pytest.mark.asyncio

MODELS = {"openai_videos": "wan-2", "runway": "gen4.5"}
PROTOCOLS: dict[str, tuple[type[Handler], str]] = {
    "openai_videos": (VideosProtocol, "/v1"),
    "runway": (RunwayProtocol, ""),
}


@dataclass
class Studio:
    """One platform's connector, and the maker that it calls."""

    platform: str
    maker: Maker
    base: str

    def session(self, **secret: str) -> ApiSession:
        """A session of an account with this secret."""
        credentials = {"api_key": KEY, "model": MODELS[self.platform], **secret}
        facts = AccountFacts("a1", self.platform, "demo", self.maker.url + self.base, credentials)
        return ApiSession(Egress((IPv4Network("127.0.0.0/8"),)), facts)

    @property
    def action(self) -> Any:
        return load_action(self.platform, "video", "api")

    @property
    def film(self) -> Any:
        return load_film(self.platform, "film", "api")

    def read(self, what: str, **secret: str) -> Any:
        return load_reader(self.platform, what, "api").read(self.session(**secret))

    async def order(self, text: str, target: str = "8 s 9:16") -> Receipt:
        request = Request("", film(text, target), "key")
        baseline = await self.action.prepare(self.session(), request)
        receipt: Receipt = await self.action.commit(self.session(), request, baseline, soon())
        return receipt


@pytest.fixture(params=sorted(PROTOCOLS))
def studio(request: pytest.FixtureRequest) -> Iterator[Studio]:
    """Each maker with its strict server, to which nothing was sent against its protocol in the end."""
    protocol, base = PROTOCOLS[request.param]
    with maker(protocol) as there:
        yield Studio(request.param, there, base)
        assert there.errors == []


async def test_a_film_is_ordered_once_followed_and_fetched(studio: Studio) -> None:
    text = f'{a_text()} It\'s "so" 👩‍👩‍👧 שלום\n\\ <b>'
    receipt = await studio.order(text, "8 s 16:9")
    assert [order.get("prompt", order.get("promptText")) for order in studio.maker.orders] == [text]
    assert receipt.external_id == studio.maker.orders[0]["id"]
    assert receipt.external_url.startswith(studio.maker.url)

    session = studio.session()
    stages = [await studio.film.check(session, receipt) for _ in range(3)]
    assert [stage.state for stage in stages] == ["queued", "processing", "ready"]
    assert stages[1].percent == 40
    file = b"".join([piece async for piece in studio.film.pieces(session, receipt, 10**7)])
    assert media_type_of(file) == "video/mp4"
    with pytest.raises(ContentRejected) as caught:
        [piece async for piece in studio.film.pieces(session, receipt, 100)]
    assert caught.value.code == "media_too_large"


async def test_what_proves_an_order_is_its_request_and_answer_without_the_key(studio: Studio) -> None:
    text = a_text()
    session, request = studio.session(), Request("", film(text), "key")
    baseline = await studio.action.prepare(session, request)
    receipt = await studio.action.commit(session, request, baseline, soon())
    proof = await studio.action.proof(session, receipt)
    assert KEY.encode() not in proof
    shown = json.loads(proof)
    assert (shown["request"]["method"], shown["answer"]["status"]) == ("POST", 200)
    assert text in json.dumps(shown["request"]["body"])
    assert receipt.external_id in json.dumps(shown["answer"]["body"])

    later = json.loads(await studio.action.proof(studio.session(), receipt))  # its attempt did not live to keep it
    assert (later["request"]["method"], receipt.external_id in json.dumps(later)) == ("GET", True)


@pytest.mark.parametrize(
    ("trouble", "error", "code"),
    [("400", ContentRejected, "text_refused"), ("402", ActionRequired, "no_credits"), ("429", RateLimited, "rate_limited")],
)
async def test_a_refusal_is_certain(studio: Studio, trouble: str, error: type[CallsheetError], code: str) -> None:
    studio.maker.trouble = [trouble]
    with pytest.raises(error) as caught:
        await studio.order(a_text())
    assert caught.value.code == code
    assert studio.maker.orders == []


@pytest.mark.parametrize("trouble", ["500", "silent"])
async def test_no_answer_and_a_fault_of_theirs_are_not_certain_and_nothing_is_sent_again(
    studio: Studio, trouble: str
) -> None:
    studio.maker.trouble = [trouble]
    request = Request("", film(a_text()), "key")
    baseline = await studio.action.prepare(studio.session(), request)
    with pytest.raises((OutcomeUnknown, Transient)):
        await studio.action.commit(studio.session(), request, baseline, soon())
    assert len(studio.maker.orders) == (trouble == "silent")


async def test_a_call_that_is_late_is_not_begun(studio: Studio) -> None:
    request = Request("", film(a_text()), "key")
    with pytest.raises(NotBegun):
        await studio.action.commit(studio.session(), request, Baseline((), None), soon(begin=0))
    assert studio.maker.orders == []


async def test_an_order_that_never_left_was_not_begun(studio: Studio) -> None:
    request = Request("", film(a_text()), "key")
    baseline = await studio.action.prepare(studio.session(), request)

    async def nameless(_host: str, _port: int) -> list[Any]:
        raise OSError

    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://maker.example", "http://10.0.0.1"):
        session = studio.session()
        egress = Egress((IPv4Network("127.0.0.0/8"),), resolve=nameless)
        elsewhere = ApiSession(egress, replace(session.account, origin=url + studio.base))
        with pytest.raises(NotBegun):
            await studio.action.commit(elsewhere, request, baseline, soon())
    assert studio.maker.orders == []


@pytest.mark.parametrize("target", ["8 s 1:1", "3 s 9:16"])
async def test_a_format_that_is_not_offered_can_never_be_ordered(studio: Studio, target: str) -> None:
    [problem] = measure_of(studio.platform)(film(a_text(), target))
    assert problem.code == "format_unsupported"
    assert studio.maker.orders == []


async def test_a_film_that_its_maker_rejects_says_so(studio: Studio) -> None:
    receipt = await studio.order("A forbidden fruit.")
    session = studio.session()
    stage = [await studio.film.check(session, receipt) for _ in range(3)][-1]
    assert (stage.state, stage.code) == ("failed", "text_refused")
    assert "The maker says" in stage.message or "Runway says" in stage.message
    with pytest.raises(ContentRejected) as caught:
        await studio.film.check(session, Receipt("video_unknown", "", ""))
    assert caught.value.code == "film_missing"


async def test_the_check_says_whether_the_key_is_good(studio: Studio) -> None:
    assert (await studio.read("check")).code == ""
    assert (await studio.read("check", api_key="another")).code == "key_refused"


async def test_an_order_without_an_answer_is_found_in_the_list_by_its_prompt() -> None:
    with maker(VideosProtocol) as there:
        studio = Studio("openai_videos", there, "/v1")
        request = Request("", film(a_text()), "key")
        await studio.order(request.text)  # the same words before: another video
        baseline = await studio.action.prepare(studio.session(), request)
        assert await studio.action.verify(studio.session(), request, baseline, frozenset()) is None
        there.trouble = ["silent"]
        with pytest.raises(OutcomeUnknown):
            await studio.action.commit(studio.session(), request, baseline, soon())
        for _ in range(25):  # more than one page of the list stands above it
            there.orders.append({**there.orders[0], "id": f"video_other_{len(there.orders)}", "prompt": "Another."})
        found = await studio.action.verify(studio.session(), request, baseline, frozenset())
        assert found is not None
        assert found.external_id == there.orders[1]["id"]
        known = frozenset({found.external_id})
        assert await studio.action.verify(studio.session(), request, baseline, known) is None


async def test_another_order_with_the_same_words_is_not_taken_for_this_one() -> None:
    with maker(VideosProtocol) as there:
        studio = Studio("openai_videos", there, "/v1")
        await studio.order(a_text())
        text = a_text()
        request = Request("", film(text), "key")
        baseline = await studio.action.prepare(studio.session(), request)

        async def look(*known: str) -> Receipt | None:
            found: Receipt | None = await studio.action.verify(studio.session(), request, baseline, frozenset(known))
            return found

        wide = await studio.order(text, "8 s 16:9")
        long = await studio.order(text, "12 s 9:16")
        for known in ((), (wide.external_id,), (long.external_id,)):
            with pytest.raises(CannotTell) as caught:  # a host may tell of a format in its own way
                await look(*known)
            assert caught.value.code == OTHER_FORMAT
        siblings = (wide.external_id, long.external_id)
        assert await look(*siblings) is None

        mine = await studio.order(text)
        assert await look() == mine
        await studio.order(text)
        with pytest.raises(CannotTell) as caught:
            await look(*siblings)
        assert caught.value.code == "several_fit"
        assert await look(*siblings, there.orders[-1]["id"]) == mine
        there.orders[-1]["model"] = "wan-2-fast"
        assert await look(*siblings) == mine


async def test_what_a_host_does_not_tell_of_an_order_is_not_compared() -> None:
    with maker(VideosProtocol) as there:
        studio = Studio("openai_videos", there, "/v1")
        request = Request("", film(a_text()), "key")
        baseline = await studio.action.prepare(studio.session(), request)
        there.trouble = ["silent"]
        with pytest.raises(OutcomeUnknown):
            await studio.action.commit(studio.session(), request, baseline, soon())
        there.orders[0] |= {"size": "portrait", "seconds": "8.0", "model": ""}
        found = await studio.action.verify(studio.session(), request, baseline, frozenset())
        assert found is not None
        assert found.external_id == there.orders[0]["id"]


async def test_what_runway_has_left_is_read_and_unreadable_is_unknown() -> None:
    with maker(RunwayProtocol) as there:
        studio = Studio("runway", there, "")
        assert (await studio.read("credits")).paid == 120
        there.balance = None
        assert not (await studio.read("credits")).known
    assert MANIFESTS["runway"].capability("video", "api").verification == "blind"  # type: ignore[union-attr]


async def test_openais_own_host_is_not_called_any_more() -> None:
    facts = AccountFacts("a1", "openai_videos", "demo", "https://api.openai.com/v1", {"api_key": KEY, "model": "sora-2"})
    began = time.monotonic()
    with pytest.raises(NotConfigured) as caught:
        await load_reader("openai_videos", "check", "api").read(ApiSession(Egress(), facts))
    assert (caught.value.code, "2026-09-24" in caught.value.message) == ("discontinued", True)
    assert time.monotonic() - began < 30
    assert MANIFESTS["sora"].closed_at("https://sora.chatgpt.com/drafts") is not None
    assert MANIFESTS["sora"].closed_at("http://127.0.0.1:3900/sora") is None


async def test_an_address_inside_is_not_called() -> None:
    facts = AccountFacts("a1", "openai_videos", "demo", "http://127.0.0.1:9/v1", {"api_key": KEY, "model": "wan-2"})
    with pytest.raises(NotConfigured) as caught:
        await load_reader("openai_videos", "check", "api").read(ApiSession(Egress(), facts))
    assert caught.value.code == "address_refused"
