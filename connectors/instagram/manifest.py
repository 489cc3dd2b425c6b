"""What can Callsheet do on Instagram?"""

from __future__ import annotations

from connectors.contract.browser_readings import CHECK, DISCOVERY, INBOX, READ_POST
from connectors.contract.manifest import Capability, Manifest, Unsupported
from connectors.contract.pace import Pace, limits_of
from connectors.instagram.measure import COMMENT, MESSAGE
from shared.platform_rules import Policy

BROWSER_RULE = Policy(
    "needs_consent",
    "Instagram's terms of use allow nobody to use it in an automated way without its express permission.",
    "https://help.instagram.com/581066165581870",
)

MANIFEST = Manifest(
    platform="instagram",
    name="Instagram",
    origin="https://www.instagram.com",
    other_hosts=("instagram.com", "m.instagram.com"),
    words_after_owner=("p", "reel"),
    short_hosts=("instagr.am", "ig.me"),
    post_path=r"(?:/(?!share/)[A-Za-z0-9._]{1,30})?/(p|reel|tv)/([A-Za-z0-9_-]{1,64})/?",
    limits=limits_of({"dm": Pace(10, 30, (60, 300)), "comment": Pace(5, 15, (120, 300))}, active=(9, 21)),
    policy={"chromium": BROWSER_RULE, "safari": BROWSER_RULE},
    same_recipient_h=48,
    capabilities=(
        *Capability(
            name="comment",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=COMMENT.most,
            text_unit=COMMENT.unit,
            source="Length: the caption's published limit, 2200 characters. Delays: no published figure; chosen.",
        ).also("safari"),
        *Capability(
            name="dm",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=MESSAGE.most,
            text_unit=MESSAGE.unit,
            source="Length: 1000 bytes of UTF-8, Messaging API documentation. Delays: no published figure; chosen.",
        ).also("safari"),
        *READ_POST.also("safari"),
        *DISCOVERY.also("safari"),
        *INBOX.also("safari"),
        *CHECK.also("safari"),
    ),
    unsupported=(
        Unsupported("comment", "api", "The Graph API comments on the account's own media only, not on other people's."),
        Unsupported("dm", "api", "The Messaging API answers people who wrote first; it cannot begin a conversation."),
    ),
)
