"""Under which names may a person be on the do-not-contact list? Pure.

A name is `@handle` or a domain. Handles are compared as all names are, without their @; domains by IDNA 2008, as browsers
and registries read them now: `straße.de` is another domain than `strasse.de`.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from ipaddress import ip_address
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import idna

from shared.names import folded
from shared.platform_rules import words_after_owners

LONGEST = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_HANDLE = re.compile(r"[^\s/@:?#]{1,100}")
_DOTS = ".\u3002\uff0e\uff61"  # what is read as a dot between labels
_JOINERS = "\u200c\u200d"


def handle_of(text: str) -> str:
    """Return a handle in the form in which handles are compared.

    Raises:
        ValueError: it is none.
    """
    handle = folded(folded(text).lstrip("@"))
    if not _HANDLE.fullmatch(handle):
        message = f"{text[:100]!r} is no handle: write up to 100 characters without spaces, such as @maple_studio."
        raise ValueError(message)
    return handle


def domain_of(text: str) -> str:
    """Return a domain in the form in which domains are compared, from itself or from an address on it.

    Raises:
        ValueError: it is none.
    """
    plain = _seen(text).strip()
    try:
        host = (urlsplit(plain).hostname or "") if "://" in plain else plain
        if _is_address(host):
            return host
        found = _ascii(host.removeprefix("*.").strip(_DOTS))
    except (UnicodeError, ValueError):
        found = ""
    labels = found.split(".")
    if len(found) > LONGEST or len(labels) < len(("example", "org")) or not all(map(_LABEL.fullmatch, labels)):
        message = f"{text[:100]!r} is no domain: write one such as example.org."
        raise ValueError(message)
    return found


def names_of(target: str) -> list[str]:
    """Return every name of an action's target: a handle, or an address with its domains and its owner's handle."""
    if target.startswith(("http://", "https://")):
        parts = urlsplit(target)
        return sorted({*_domains(parts.hostname or ""), *_owners(unquote(parts.path))})
    try:
        handle = handle_of(target)
    except ValueError:
        return []
    # On some platforms a handle is a domain.
    return sorted({f"@{handle}", *(_domains(handle) if "." in handle else ())})


def names_in(payload: dict[str, object]) -> list[str] | None:
    """Return the names of a payload's target; None where it has none."""
    targets = [payload[field] for field in ("to", "post_url") if field in payload]
    names = {name for target in targets for name in names_of(str(target))}
    return sorted(names) or None


def recipient_of(payload: dict[str, object]) -> str | None:
    """Return the recipient of a payload, under the name that the do-not-contact list uses."""
    to = payload.get("to")
    return None if to is None else handle_of(str(to))


def _ascii(host: str) -> str:
    """Return a host as it is looked up (UTS 46, non-transitional), label by label; `_dmarc` is allowed as a label, too.

    Raises:
        UnicodeError: a label is invalid.
    """
    labels = re.split(f"[{_DOTS}]", host)
    return ".".join(
        label.lower() if label.isascii() else idna.encode(label, uts46=True, transitional=False).decode() for label in labels
    )


def _seen(text: str) -> str:
    """Return a text without invisible characters; joiners stay, which are part of domains in some scripts."""
    return "".join(letter for letter in text if letter in _JOINERS or unicodedata.category(letter) not in {"Cf", "Cc"})


def _domains(host: str) -> set[str]:
    """Return a host, and every domain above it but the top one."""
    if _is_address(host):
        return {host}
    with suppress(UnicodeError):  # what is no domain is compared as it is
        host = _ascii(host)
    host = host.lower().strip(".")
    labels = host.split(".")
    return {host} | {".".join(labels[start:]) for start in range(len(labels) - 1)}


def _owners(path: str) -> set[str]:
    """Return the handles of a path's owner: `/@maple/video/7`, `/maple/status/7`, `/maple/p/C1`."""
    parts = [part for part in path.split("/") if part]
    after_owner = words_after_owners()
    owners = [part for part in parts if part.startswith("@")]
    owners += [before for before, part in pairwise(parts) if part in after_owner]
    found = set()
    for owner in owners:
        try:
            found.add(f"@{handle_of(owner)}")
        except ValueError:
            continue
    return found


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
