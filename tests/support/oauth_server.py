"""What does a platform's OAuth server do? A local one that keeps to RFC 6749, 7636 and 7009, with faults on demand.

Codes are used once and end in 30 s; a code that comes twice ends its tokens. Refresh tokens rotate: one that was used
is refused, but for `grace` seconds. Every request is counted.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connectors.contract.manifest import Manifest
from connectors.contract.pace import NO_LIMITS
from connectors.contract.sign_in import OAuth, Secret, WhoAmI
from connectors.registry import MANIFESTS, MEASURES
from shared import platform_rules
from shared.accounts.ability import nothing_against
from shared.platform_rules import ALLOWED

APP, APP_SECRET = "app-1", "s3cret/of+ours"
CODE_S = 30
ACCESS_S = 7200


@dataclass
class Grant:
    """What somebody has agreed to, and the tokens that stand for it."""

    handle: str
    challenge: str
    redirect_uri: str
    made: float = field(default_factory=time.monotonic)
    used: bool = False
    access: set[str] = field(default_factory=set)
    refresh: str = ""
    ended: dict[str, float] = field(default_factory=dict)


@dataclass
class Provider:
    """The server's state. `faults` are taken one by one, by requests for tokens; `hold` is waited for before each answer."""

    url: str = ""
    handle: str = "studio.nord"
    rotates: bool = True
    grace: float = 0
    auth: str = "basic"
    expires_in: int | None = ACCESS_S
    grants: list[Grant] = field(default_factory=list)
    codes: dict[str, Grant] = field(default_factory=dict)
    faults: deque[str] = field(default_factory=deque)
    hold: threading.Event = field(default_factory=threading.Event)
    asked: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.hold.set()

    def manifest(self, platform: str = "oauthland", **quirks: Any) -> Manifest:
        """A platform that signs in here."""
        oauth = OAuth(
            authorize_url=f"{self.url}/authorize",
            exchange_url=f"{self.url}/token",
            revoke_url=f"{self.url}/revoke",
            scopes=("read", "write"),
            who=WhoAmI(f"{self.url}/me", ("data", "id"), ("data", "username")),
            client_auth="basic",
            source="the test's own",
        )
        oauth = OAuth(**{name: getattr(oauth, name) for name in OAuth.__dataclass_fields__} | quirks)
        secret = Secret("app_password", ("identifier", "app_password"), "the test's own")
        return Manifest(
            platform=platform,
            name="Oauthland",
            origin=self.url,
            other_hosts=(),
            words_after_owner=(),
            limits=NO_LIMITS,
            policy={"api": ALLOWED},
            same_recipient_h=None,
            capabilities=(),
            oauth=oauth,
            secret=secret,
        )

    def connect(self, monkeypatch: pytest.MonkeyPatch, manifest: Manifest | None = None) -> None:
        """Make this a platform of ours for one test, and declare what holds there."""
        known = manifest or self.manifest()
        monkeypatch.setitem(MANIFESTS, known.platform, known)
        monkeypatch.setitem(MEASURES, known.platform, nothing_against)
        monkeypatch.setitem(platform_rules._DECLARED, known.platform, known.rules)

    def agree(self, query: dict[str, str]) -> str:
        """Somebody agrees: the address to which the browser is sent back."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == APP
        code, grant = secrets.token_urlsafe(16), Grant(self.handle, query["code_challenge"], query["redirect_uri"])
        with self.lock:
            self.codes[code] = grant
            self.grants.append(grant)
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer a request for tokens."""
        with self.lock:
            if form.get("grant_type") == "authorization_code":
                return self._exchange(form)
            if form.get("grant_type") == "refresh_token":
                return self._refresh(form)
        return 400, {"error": "unsupported_grant_type"}

    def _exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        grant = self.codes.get(form.get("code", ""))
        if grant is None or time.monotonic() - grant.made > CODE_S or form.get("redirect_uri") != grant.redirect_uri:
            return 400, {"error": "invalid_grant"}
        if grant.used:
            grant.access.clear()
            grant.refresh = ""
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != grant.challenge:
            return 400, {"error": "invalid_grant", "error_description": "code_verifier"}
        grant.used = True
        return 200, self._issue(grant)

    def _refresh(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        shown = form.get("refresh_token", "")
        for grant in self.grants:
            if grant.refresh and shown == grant.refresh:
                return 200, self._issue(grant)
            if shown in grant.ended and time.monotonic() - grant.ended[shown] < self.grace:
                return 200, self._issue(grant)
        return 400, {"error": "invalid_grant", "error_description": f"what about {shown}?"}

    def _issue(self, grant: Grant) -> dict[str, Any]:
        access = f"canary-access-{secrets.token_urlsafe(16)}"
        grant.access.add(access)
        said: dict[str, Any] = {"access_token": access, "token_type": "bearer", "scope": "read write"}
        if self.expires_in is not None:
            said["expires_in"] = self.expires_in
        if self.rotates or not grant.refresh:
            if grant.refresh:
                grant.ended[grant.refresh] = time.monotonic()
            grant.refresh = f"canary-refresh-{secrets.token_urlsafe(16)}"
            said["refresh_token"] = grant.refresh
        return said

    def revoke(self, token: str) -> None:
        """End the grant that a token stands for; a token that is not known is no error."""
        with self.lock:
            for grant in self.grants:
                if token in grant.access or token == grant.refresh:
                    grant.access.clear()
                    grant.refresh = ""

    def owner_of(self, access: str) -> str | None:
        """Whose access token this is, if it is good."""
        with self.lock:
            return next((grant.handle for grant in self.grants if access in grant.access), None)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        provider, address = self.server.provider, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        provider.asked[f"GET {address.path}"] += 1
        if address.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", provider.agree(query))
            self.end_headers()
            return None
        handle = provider.owner_of(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if address.path != "/me" or handle is None:
            return self._say(401, {"error": "invalid_token"})
        return self._say(200, {"data": {"id": f"id-of-{handle}", "username": handle}})

    def do_POST(self) -> None:
        provider, path = self.server.provider, urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        provider.asked[f"POST {path}"] += 1
        provider.hold.wait(30)
        if not self._known(provider, form):
            return self._say(401, {"error": "invalid_client"})
        if path == "/revoke":
            provider.revoke(form.get("token", ""))
            return self._say(200, {})
        return self._answer(provider, form, provider.faults.popleft() if provider.faults else "")

    def _answer(self, provider: Provider, form: dict[str, str], fault: str) -> None:
        if fault == "silence":
            self.server.closing.wait(30)
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif fault == "answer_lost":
            provider.token(form)
            self.connection.close()
        elif fault.isdigit():
            self._say(int(fault), {"oh": "no"})
        elif fault:
            self._say(400, {"error": fault})
        else:
            self._say(*provider.token(form))

    def _known(self, provider: Provider, form: dict[str, str]) -> bool:
        if provider.auth == "basic":
            said = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
            name, _, secret = said.partition(":")
            return parse_qs(f"n={name}&s={secret}") == {"n": [APP], "s": [APP_SECRET]}
        return form.get(provider.auth) == APP and form.get("client_secret") == APP_SECRET

    def _say(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, provider: Provider, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.provider = provider
        self.closing = threading.Event()


@contextmanager
def oauth_server(port: int = 0) -> Iterator[Provider]:
    """A platform's OAuth server while the block lasts."""
    provider = Provider()
    server = _Server(provider, port)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.hold.set()
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
