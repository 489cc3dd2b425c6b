"""What does an answer of a platform's OAuth mean, whatever its status and its mistakes?"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.contract.sign_in import OAuth, WhoAmI
from connectors.http.egress import Answer
from connectors.http.oauth import LONGEST_TOKEN, Client, OAuthFlow, ask_who
from shared.accounts.oauth import Who
from shared.errors import AuthExpired, NotConfigured, RateLimited, Transient

PLATFORM = OAuth(
    authorize_url="https://p.test/authorize",
    exchange_url="https://p.test/token",
    revoke_url="https://p.test/revoke",
    scopes=("read",),
    who=WhoAmI("https://p.test/me", ("data", "id"), ("data", "username")),
    source="the test's own",
)


class Wire:
    """An egress client that answers what it is told and keeps what it was asked."""

    def __init__(self, body: Any, status: int = 200) -> None:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = Answer(status, {}, text)
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def post(self, url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
        self.asked.append((url, {name: values[0] for name, values in parse_qs(body.decode()).items()}))
        return self.answer

    async def get(self, url: str, *, headers: dict[str, str]) -> Answer:
        self.asked.append((url, dict(headers)))
        return self.answer


def flow(wire: Wire, platform: OAuth = PLATFORM) -> OAuthFlow:
    return OAuthFlow(wire, platform, Client("id", "secret", "https://we.test/api/oauth/callback"))  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_an_error_is_an_error_with_any_status(status: int):
    wire = Wire({"error": "invalid_grant", "error_description": "token abc is dead", "log_id": "1"}, status)
    with pytest.raises(AuthExpired) as caught:
        await flow(wire).refresh("abc")
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"error": "invalid_client"}, 401, NotConfigured),
        ({"error": "temporarily_unavailable"}, 400, Transient),
        ({"error": "something_new"}, 400, Transient),
        ({"error": "invalid_grant"}, 500, Transient),
        ({"oh": "no"}, 503, Transient),
        ({"oh": "no"}, 429, RateLimited),
        (b"<html>Bad gateway</html>", 200, Transient),
        (b"", 200, Transient),
        ([1, 2], 200, Transient),
        ({"token_type": "bearer"}, 200, Transient),
        ({"access_token": ""}, 200, Transient),
        ({"access_token": 7}, 200, Transient),
        ({"access_token": "x" * (LONGEST_TOKEN + 1)}, 200, Transient),
    ],
)
async def test_what_is_no_word_about_the_token_is_none(body: Any, status: int, kind: type[Exception]):
    with pytest.raises(kind):
        await flow(Wire(body, status)).refresh("r")


@pytest.mark.parametrize(
    ("said", "seconds"), [(7200, 7200), ("7200", 7200), (None, None), ("soon", None), (-1, None), (0, None), (1e99, None)]
)
async def test_a_life_that_is_no_sensible_number_is_not_known(said: Any, seconds: float | None):
    tokens = await flow(Wire({"access_token": "a", "expires_in": said})).refresh("r")
    assert (tokens.expires_in, tokens.refresh) == (seconds, None)


async def test_tokens_are_in_no_representation():
    tokens = await flow(Wire({"access_token": "canary", "refresh_token": "canary"})).refresh("r")
    assert "canary" not in repr(tokens)
    assert "secret" not in repr(Client("id", "secret"))


async def test_an_exchange_shows_code_verifier_and_the_same_redirect():
    wire = Wire({"access_token": "a"})
    await flow(wire).exchange("code", "verifier")
    url, form = wire.asked[0]
    assert url == PLATFORM.exchange_url
    assert form == {
        "grant_type": "authorization_code",
        "code": "code",
        "code_verifier": "verifier",
        "redirect_uri": "https://we.test/api/oauth/callback",
        "client_id": "id",
        "client_secret": "secret",
    }


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({"data": {"id": "7", "username": "@nord"}}, Who("7", "nord")),
        ({"data": {"id": 7, "username": "nord"}}, Who("7", "nord")),
        ({"data": {"id": "7"}}, None),
        ({"data": None}, None),
        ({"error": "invalid_token"}, None),
    ],
)
async def test_who_it_is_is_said_by_the_platform_or_not_known(said: Any, who: Who | None):
    assert await ask_who(Wire(said), PLATFORM, "a") == who  # type: ignore[arg-type]


async def test_a_platform_without_a_way_to_revoke_is_not_asked():
    wire = Wire({})
    assert await flow(wire).revoke("t") is True
    without = OAuth(**{name: getattr(PLATFORM, name) for name in OAuth.__dataclass_fields__} | {"revoke_url": ""})
    assert await flow(wire, without).revoke("t") is False
    assert len(wire.asked) == 1
