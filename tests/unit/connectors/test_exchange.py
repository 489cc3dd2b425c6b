"""Does what proves an action over an API say what was asked and answered, and nothing that is secret?"""

from __future__ import annotations

import json
from collections import deque
from datetime import UTC, datetime
from typing import Any

from connectors.contract.action import AccountFacts
from connectors.http.egress import Egress
from connectors.http.exchange import LEFT_OUT, MOST_SIGNS, Exchange
from connectors.http.session import MOST_KEPT, ApiSession

KEY = "sk-canary-4711"
CREDENTIALS = {"api_key": KEY, "model": "wan-2", "base_url": "https://maker.example/v1"}


def exchange(method: str = "POST", *, sent: bytes = b"{}", body: bytes = b"{}", **more: Any) -> Exchange:
    plain = {
        "url": "https://maker.example/v1/videos",
        "sent_headers": {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        "status": 200,
        "headers": {"content-type": "application/json", "Set-Cookie": "session=1"},
    }
    return Exchange(at=datetime(2026, 11, 30, 12, tzinfo=UTC), method=method, sent=sent, body=body, **(plain | more))


def shown(one: Exchange) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(one.as_proof(CREDENTIALS))
    return found


def test_request_and_answer_are_shown_with_what_was_said() -> None:
    proof = shown(
        exchange(sent=b'{"prompt": "Waves.", "model": "wan-2"}', body='{"id": "video_1", "note": "für dich"}'.encode())
    )
    assert proof["at"] == "2026-11-30T12:00:00+00:00"
    assert (proof["request"]["method"], proof["request"]["url"]) == ("POST", "https://maker.example/v1/videos")
    assert proof["request"]["body"] == {"prompt": "Waves.", "model": "wan-2"}
    assert (proof["answer"]["status"], proof["answer"]["body"]) == (200, {"id": "video_1", "note": "für dich"})


def test_headers_that_may_say_who_asks_are_left_out_by_their_values() -> None:
    proof = shown(exchange(sent_headers={"Authorization": f"Bearer {KEY}", "X-Whatever": "1", "Accept": "text/plain"}))
    assert proof["request"]["headers"] == {"authorization": LEFT_OUT, "x-whatever": LEFT_OUT, "accept": "text/plain"}
    assert proof["answer"]["headers"] == {"content-type": "application/json", "set-cookie": LEFT_OUT}


def test_credentials_are_left_out_wherever_they_stand() -> None:
    body = json.dumps({"echo": f"you sent {KEY}", "deep": [{"x": KEY}], "access_token": "another", "signature": {"a": 1}})
    one = exchange(sent=f"key={KEY}".encode(), body=body.encode(), url=f"https://maker.example/v1/{KEY}/videos")
    proof = one.as_proof(CREDENTIALS)
    assert KEY.encode() not in proof
    assert json.loads(proof)["answer"]["body"] == {
        "echo": f"you sent {LEFT_OUT}",
        "deep": [{"x": LEFT_OUT}],
        "access_token": LEFT_OUT,
        "signature": LEFT_OUT,
    }


def test_what_follows_an_address_is_left_out_for_it_may_be_signed() -> None:
    proof = shown(exchange(body=b'{"output": ["https://files.example/a.mp4?_jwt=abc&x=1"]}'))
    assert proof["answer"]["body"] == {"output": [f"https://files.example/a.mp4?{LEFT_OUT}"]}


def test_what_is_no_json_is_shown_as_its_text_up_to_a_bound() -> None:
    proof = shown(exchange(sent=b"\xff" * 10, body=b"x" * (2 * MOST_SIGNS)))
    assert proof["request"]["body"] == "\ufffd" * 10
    assert proof["answer"]["body"] == "x" * MOST_SIGNS
    cut = b"x" * (MOST_SIGNS - 5) + KEY.encode() + b"x"  # the bound would fall into the key
    assert KEY[:5].encode() not in exchange(body=cut).as_proof(CREDENTIALS)


def session(*exchanges: Exchange) -> ApiSession:
    account = AccountFacts("a1", "runway", "demo", "https://maker.example", CREDENTIALS)
    return ApiSession(Egress(), account, deque(exchanges, maxlen=MOST_KEPT))


def test_what_made_something_proves_more_than_what_was_read_of_it_since() -> None:
    made, read = exchange(body=b'{"id": "t1"}'), exchange("GET", body=b'{"id": "t1", "status": "RUNNING"}')
    assert session(made, read).proof_of("t1") == made.as_proof(CREDENTIALS)
    assert session(read).proof_of("t1") == read.as_proof(CREDENTIALS)
    assert session(made).proof_of("t2") is None
