"""How does a browser stay signed in? With cookies that no script reads, and that are accepted from our own pages only."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from shared.identity.caller import NotAllowed
from shared.identity.sign_in.log_in import Issued
from shared.settings import Settings

ACCESS_PATH, REFRESH_PATH = "/", "/api/auth"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the cookies."""

    access: str
    refresh: str


# A browser accepts a name with this prefix over TLS only, and `__Host-` only from this very host and for all its paths: no
# other host and no plain http page can replace our cookie.
OVER_TLS = Names("__Host-callsheet_access", "__Secure-callsheet_refresh")
OVER_HTTP = Names("callsheet_access", "callsheet_refresh")


def names_for(request: HTTPConnection) -> Names:
    """Return the names of this request's cookies."""
    return OVER_TLS if _is_tls(request) else OVER_HTTP


def shown_access(request: HTTPConnection) -> str:
    """Return the access token in the browser's cookie; "" without one."""
    return request.cookies.get(names_for(request).access, "")


def shown_refresh(request: HTTPConnection) -> str:
    """Return the refresh token in the browser's cookie; "" without one."""
    return request.cookies.get(names_for(request).refresh, "")


def set_cookies(request: Request, response: Response, issued: Issued) -> None:
    """Set a session's tokens as cookies."""
    settings: Settings = request.app.state.settings
    names = names_for(request)
    for name, value, path, lasts in (
        (names.access, issued.access_token, ACCESS_PATH, issued.access_s),
        (names.refresh, issued.refresh_token, REFRESH_PATH, int(settings.session_idle_d * _DAY_S)),
    ):
        response.set_cookie(
            name,
            value,
            max_age=lasts,
            path=path,
            secure=_is_tls(request),
            httponly=True,
            samesite="strict",
        )


def drop_cookies(request: Request, response: Response) -> None:
    """Delete the cookies."""
    names, is_tls = names_for(request), _is_tls(request)
    response.delete_cookie(names.access, path=ACCESS_PATH, secure=is_tls)
    response.delete_cookie(names.refresh, path=REFRESH_PATH, secure=is_tls)


def require_own_page(request: HTTPConnection) -> None:
    """Accept a cookie only from a page of ours; a request that only reads reveals nothing to other pages.

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
    """Return whether a page of this address is ours: of `CALLSHEET_PUBLIC_URL`, or of the host that was asked."""
    settings: Settings = request.app.state.settings
    if settings.public_url and origin.lower() == settings.public_url.lower():
        return True
    return urlsplit(origin).netloc.lower() == request.headers.get("Host", "").lower() != ""


def _is_tls(request: HTTPConnection) -> bool:
    settings: Settings = request.app.state.settings
    return request.url.scheme in {"https", "wss"} or settings.public_url.startswith("https:")
