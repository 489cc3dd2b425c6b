"""How does a browser stay signed in? With cookies that no script reads, and that count only for our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from shared.identity.caller import NotAllowed
from shared.identity.log_in import Issued
from shared.settings import Settings

ACCESS, REFRESH = "callsheet_access", "callsheet_refresh"
ACCESS_PATH, REFRESH_PATH = "/api", "/api/auth"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_DAY_S = 86_400


def set_cookies(request: Request, response: Response, issued: Issued) -> None:
    """Hand a session's tokens to the browser."""
    settings: Settings = request.app.state.settings
    lasts = {ACCESS: issued.access_s, REFRESH: int(settings.session_idle_d * _DAY_S)}
    paths = {ACCESS: ACCESS_PATH, REFRESH: REFRESH_PATH}
    values = {ACCESS: issued.access_token, REFRESH: issued.refresh_token}
    for name, value in values.items():
        response.set_cookie(
            name,
            value,
            max_age=lasts[name],
            path=paths[name],
            secure=_is_tls(request, settings),
            httponly=True,
            samesite="strict",
        )


def drop_cookies(response: Response) -> None:
    """Have the browser forget them."""
    response.delete_cookie(ACCESS, path=ACCESS_PATH)
    response.delete_cookie(REFRESH, path=REFRESH_PATH)


def require_own_page(request: HTTPConnection) -> None:
    """Believe a cookie only when a page of ours has sent it; a request that only reads shows nothing to other pages.

    Raises:
        NotAllowed: the `Origin` is another one, or is missing where something would be changed or a socket opened.
    """
    reads = request.scope["type"] == "http" and request.scope["method"] in READING
    origin = request.headers.get("Origin")
    if origin is None and reads:
        return
    if origin is None or not is_own_origin(request, origin):
        raise NotAllowed(code="foreign_origin", message="With cookies only the gateway's own pages may ask for this.")


def is_own_origin(request: HTTPConnection, origin: str) -> bool:
    """Whether a page of this address is ours: of `CALLSHEET_PUBLIC_URL`, or of the host that was asked."""
    settings: Settings = request.app.state.settings
    if settings.public_url and origin.lower() == settings.public_url.lower():
        return True
    return urlsplit(origin).netloc.lower() == request.headers.get("Host", "").lower() != ""


def _is_tls(request: Request, settings: Settings) -> bool:
    return request.url.scheme == "https" or settings.public_url.startswith("https:")
