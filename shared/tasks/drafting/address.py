"""Is a client's address one of a post on the account's platform, and what is its canonical form?

People copy addresses as their browser or phone shows them: in capitals, with a default port, from another
host of the same site. They are stored in the platform's own form, so that the same post has one address.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from shared.accounts.lookup.accounts import AccountRow
from shared.errors import Invalid, NotFound
from shared.platform_rules import PlatformRules, rules_of
from shared.task_types.payload.reference import OPENS
from shared.task_types.spec import Payload

_STEPS_UP = re.compile(r"/(\.|%2e){1,2}(/|\?|#|$)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def with_own_address(payload: Payload, account: AccountRow | None, field: str) -> Payload:
    """Return a payload whose address of a post, if it has one, is in the platform's own form.

    Raises:
        NotFound: the address is not on the account's platform.
        Invalid: it is a short link, or no address of a post.
    """
    address = getattr(payload, "post_url", None)
    if address is None or account is None or payload.refers_at("post_url"):
        return payload  # an address from another task's result is checked where it is opened
    own = own_address(address, account.platform, account.origin, field=f"{field}payload.post_url")
    return payload.model_copy(update={"post_url": own})


def own_address(address: str, platform: str, origin: str, *, field: str) -> str:
    """Return the address of a post as the site at this origin writes it.

    Raises:
        NotFound: it is elsewhere.
        Invalid: it is a short link, or no address of a post.
    """
    rules, home, there = rules_of(platform), urlsplit(origin), _split(address)
    if there is not None and there.hostname in rules.short_hosts:
        message = (
            f"{there.hostname} only forwards to the post: open it, and take the long address that the browser then shows."
        )
        raise Invalid(code="short_link", field=field, message=message)
    if there is None or not _is_same_site(home, there, rules) or not _is_below(home, there, address):
        message = f"This address is not on the account's platform, whose addresses begin with {origin}/."
        raise NotFound(field=field, message=message)
    path = there.path.removeprefix(home.path)
    # The value of a reference is not known yet; workers check it again.
    if rules.post_path and OPENS not in address and not re.fullmatch(rules.post_path, path):
        message = f"This is no address of a post on {platform}: open the post itself, and take the address from there."
        raise Invalid(code="no_post", field=field, message=message)
    return urlunsplit((home.scheme, home.netloc, there.path, there.query, there.fragment))


def _split(address: str) -> SplitResult | None:
    """Return the address with scheme and host in small letters; None where a browser would not open it."""
    try:
        parts = urlsplit(address)
        host, port, scheme = (parts.hostname or "").rstrip("."), parts.port, parts.scheme.lower()
    except ValueError:
        return None
    if not host or "@" in parts.netloc:
        return None
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port in {None, _DEFAULT_PORTS.get(scheme)} else f"{shown}:{port}"
    return parts._replace(scheme=scheme, netloc=netloc)


def _is_same_site(home: SplitResult, there: SplitResult, rules: PlatformRules) -> bool:
    if (home.scheme, home.netloc) == (there.scheme, there.netloc):
        return True
    return home.netloc in rules.hosts and there.netloc in rules.hosts and there.scheme in _DEFAULT_PORTS


def _is_below(home: SplitResult, there: SplitResult, address: str) -> bool:
    return there.path.startswith(f"{home.path}/") and not _STEPS_UP.search(address)
