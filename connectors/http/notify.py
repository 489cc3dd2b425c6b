"""How are people notified? By Apprise, which knows each service's format; this file says which services may be used.

Apprise opens its own connections. Services on a host of the owner's are therefore checked by the egress client before
each message (address, encryption); those of a vendor have fixed hosts. A target may not set
redirects, time-outs, repeats and whether certificates are checked.
"""

from __future__ import annotations

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from apprise import Apprise, AppriseAsset
from apprise.plugins import url_to_dict

from connectors.http.egress import Egress
from shared.errors import Conflict, Transient

# On the owner's own host, which the target names.
OWN = ("json", "jsons", "xml", "xmls", "form", "forms", "ntfy", "ntfys", "gotify", "gotifys", "mmost", "mmosts", "rockets",
       "workflows", "mailtos")  # fmt: skip
# At their vendor, whose address Apprise knows.
VENDORS = ("slack", "discord", "tgram", "pover", "pbul", "pagerduty", "opsgenie", "gchat", "twilio", "sendgrid", "mailgun")
SCHEMES = (*OWN, *VENDORS)
# What a target may set behind its `?`. Others follow redirects, turn checks off, or read files and addresses (`template`,
# `pgpkey`); services that take headers and fields of one's own mark them with a sign.
OPTIONS = frozenset({"to", "from", "name", "smtp", "user", "pass", "tags", "priority", "format", "channel", "click", "email",
                     "token", "mode"})  # fmt: skip
OWN_FIELDS = ("+", "-", ":")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[?[0-9A-Fa-f:.]+\]?")
REFUSED = "target_refused"
SEND_S = 20.0
THREADS = 8

_ASSET = AppriseAsset(app_id="Callsheet", app_desc="Callsheet", http_redirects=False, async_mode=False)
_THREADS = ThreadPoolExecutor(THREADS, thread_name_prefix="notify")
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its log lines name targets; we log what went wrong


async def check_target(egress: Egress, target: str, *, field: str = "target") -> str:
    """Return what may be shown of a target: its service, and its host where that is the owner's own.

    Raises:
        Conflict: no service reads it so, or its host may not be called.
    """
    scheme = _scheme_of(target)
    service = await asyncio.to_thread(_read, target, field)  # the first call makes Apprise load all its services
    if scheme in VENDORS or (scheme.startswith("ntfy") and service.mode == "cloud"):
        return f"{scheme}://"
    host = getattr(service, "smtp_host", None) or service.host
    if not _HOST.fullmatch(host):
        raise Conflict(code=REFUSED, field=field, message="The host is not written as a host is.")
    encrypted = service.secure or scheme == "workflows"
    port = f":{service.port}" if service.port else ""
    await egress.check(f"{'https' if encrypted else 'http'}://{_bracketed(host)}{port}/", field=field)
    return f"{scheme}://{host}{port}"


async def notify(egress: Egress, target: str, *, title: str, body: str) -> None:
    """Send one message.

    Raises:
        Conflict: the target may not be used (any more).
        Transient: the service did not take it.
    """
    await check_target(egress, target)
    sending = asyncio.get_running_loop().run_in_executor(_THREADS, _send, target, title, body)
    try:
        async with asyncio.timeout(SEND_S):
            is_sent = await sending
    except TimeoutError as error:
        raise Transient(code="timeout", message=f"No answer within {SEND_S:g} s.") from error
    if not is_sent:
        raise Transient(code="not_taken", message="The service did not take it.")


def _send(target: str, title: str, body: str) -> bool:
    return bool(_read(target, "target").notify(title=title, body=body))


def _read(target: str, field: str) -> Any:
    scheme = _scheme_of(target)
    if scheme not in SCHEMES:
        raise Conflict(code=REFUSED, field=field, message=f"Use one of {', '.join(SCHEMES)}.")
    try:
        # As Apprise itself reads it, so that both readers see the same.
        read = url_to_dict(target, secure_logging=False)  # type: ignore[no-untyped-call]  # it says no types
        service = Apprise.instantiate(target, asset=_ASSET, suppress_exceptions=True)
    except Exception as error:
        raise Conflict(code=REFUSED, field=field, message=f"{scheme} does not read this target.") from error
    options = (read or {}).get("qsd", {})
    # For mail, `mode=insecure` means unencrypted.
    allowed = OPTIONS - {"mode"} if scheme == "mailtos" else OPTIONS
    strange = sorted(name for name in options if name not in allowed and not name.startswith(OWN_FIELDS))
    if strange or "+host" in options:
        raise Conflict(code=REFUSED, field=field, message=f"A target does not set {', '.join(strange) or 'its host'}."[:300])
    if service is None:
        raise Conflict(code=REFUSED, field=field, message=f"{scheme} does not read this target.")
    return service


def _scheme_of(target: str) -> str:
    return target.partition("://")[0]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
