"""By which names may the list of people who are not to be contacted know somebody? Pure.

A name is `@handle` or a domain. Handles are compared in small letters without their @, in the compatibility form of Unicode
(NFKC), so that full-width and other look-alike letters of one character are that character; what is not seen is left out.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import ip_address
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from shared.platform_rules import words_after_owners

LONGEST = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_HANDLE = re.compile(r"[^\s/@:?#]{1,100}")


def handle_of(text: str) -> str:
    """A handle as it is compared.

    Raises:
        ValueError: it is none.
    """
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(letter for letter in plain if unicodedata.category(letter) not in {"Cf", "Cc", "Co", "Cs", "Cn"})
    handle = unicodedata.normalize("NFKC", seen.strip().lstrip("@").casefold())
    if not _HANDLE.fullmatch(handle):
        message = f"{text[:100]!r} is no handle: write up to 100 characters without spaces, such as @maple_studio."
        raise ValueError(message)
    return handle


def domain_of(text: str) -> str:
    """A domain as it is compared, from itself or from an address on it.

    Raises:
        ValueError: it is none.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    host = plain
    try:
        if "://" in plain:
            host = urlsplit(plain).hostname or ""
        host = host.removeprefix("*.").strip(".")
        if _is_address(host):
            return host
        found = host.encode("idna").decode("ascii") if host else ""
    except (UnicodeError, ValueError):
        found = ""
    labels = found.split(".")
    if len(found) > LONGEST or len(labels) < len(("example", "org")) or not all(map(_LABEL.fullmatch, labels)):
        message = f"{text[:100]!r} is no domain: write one such as example.org."
        raise ValueError(message)
    return found


def names_of(target: str) -> list[str]:
    """Every name of who or what an action is aimed at: a handle, or an address with its domains and its owner's handle."""
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
    """The names of whom a payload is aimed at; None where it is aimed at nobody."""
    targets = [payload[field] for field in ("to", "post_url") if field in payload]
    names = {name for target in targets for name in names_of(str(target))}
    return sorted(names) or None


def recipient_of(payload: dict[str, object]) -> str | None:
    """To whom a payload speaks, as the list of people who are not to be contacted names them."""
    to = payload.get("to")
    return None if to is None else handle_of(str(to))


def _domains(host: str) -> set[str]:
    """A host, and every domain above it but the top one."""
    host = host.lower().strip(".")
    if _is_address(host):
        return {host}
    labels = host.split(".")
    return {host} | {".".join(labels[start:]) for start in range(len(labels) - 1)}


def _owners(path: str) -> set[str]:
    """Whose page a path says that it is: `/@maple/video/7`, `/maple/status/7`, `/maple/p/C1`."""
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
