"""What do the platforms' rules say about an action over a transport? Data, each row with its source.

An action that is not listed over the transport `api` is what the platform offers for programs and is allowed; over a
browser it needs the owner's consent, because no platform's terms allow it by themselves. Practice accounts are allowed all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Word = Literal["allowed", "needs_consent", "unsupported", "forbidden"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds, the platform's rule in short, and where it stands."""

    word: Word
    rule: str = ""
    source: str = ""


ALLOWED = Policy("allowed")

BROWSER_RULES: Mapping[str, Policy] = {
    "instagram": Policy(
        "needs_consent",
        "Instagram's terms of use allow nobody to use it in an automated way without its express permission.",
        "https://help.instagram.com/581066165581870",
    ),
    "threads": Policy(
        "needs_consent",
        "Threads follows Instagram's terms of use: no automated use without express permission.",
        "https://help.instagram.com/769983657850450",
    ),
    "tiktok": Policy(
        "needs_consent",
        "TikTok's terms of service do not allow automated scripts to interact with its services.",
        "https://www.tiktok.com/legal/page/us/terms-of-service/en",
    ),
    "x": Policy(
        "needs_consent",
        "X's automation rules do not allow scripting its website; an account may be suspended for good.",
        "https://help.x.com/en/rules-and-policies/x-automation",
    ),
    "linkedin": Policy(
        "forbidden",
        "LinkedIn's user agreement forbids software that automates activity on its website.",
        "https://www.linkedin.com/legal/user-agreement",
    ),
}

_UNREAD = Policy("needs_consent", "The platform's terms on automation have not been read for this platform.", "")


def policy_for(platform: str, action: str, transport: str, *, practice: bool) -> Policy:
    """What holds for an action of an account. Actions that only read need no more than a sign-in."""
    if practice or transport == "api" or action in READS:
        return ALLOWED
    return BROWSER_RULES.get(platform, _UNREAD)


READS = frozenset({"check", "credits", "film", "verify", "discovery", "inbox", "read_post", "metrics"})
