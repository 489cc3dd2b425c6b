"""What can Callsheet do on X?"""

from __future__ import annotations

from connectors.contract.browser_readings import CHECK, DISCOVERY, INBOX, READ_POST
from connectors.contract.manifest import Capability, Manifest, Unsupported
from connectors.contract.pace import Pace, limits_of
from connectors.x.measure import COMMENT, MESSAGE
from shared.platform_rules import Policy

BROWSER_RULE = Policy(
    "needs_consent",
    "X's automation rules do not allow scripting its website; an account may be suspended for good.",
    "https://help.x.com/en/rules-and-policies/x-automation",
)

MANIFEST = Manifest(
    platform="x",
    name="X",
    origin="https://x.com",
    other_hosts=(
        "www.x.com",
        "mobile.x.com",
        "m.x.com",
        "twitter.com",
        "www.twitter.com",
        "mobile.twitter.com",
        "m.twitter.com",
    ),
    words_after_owner=("status",),
    short_hosts=("t.co",),
    post_path=r"/([A-Za-z0-9_]{1,30}|i)/status/(\d{5,25})/?",
    limits=limits_of({"dm": Pace(15, 100, (90, 240)), "comment": Pace(10, 30, (60, 180))}, active=(9, 21)),
    policy={"chromium": BROWSER_RULE, "safari": BROWSER_RULE},
    same_recipient_h=24,
    other_names=("twitter",),
    capabilities=(
        *Capability(
            name="comment",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=COMMENT.most,
            text_unit=COMMENT.unit,
            repeats=False,
            shows_target=False,  # a post's page holds the posts above it and replies to its replies
            source="Length: 280 weighted characters, X's documentation. Delays: no published figure; chosen.",
        ).also("safari"),
        *Capability(
            name="dm",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=MESSAGE.most,
            text_unit=MESSAGE.unit,
            source="Length: X takes 10,000; the bound of the task type is lower. Delays: no published figure; chosen.",
        ).also("safari"),
        *READ_POST.also("safari"),
        *DISCOVERY.also("safari"),
        *INBOX.also("safari"),
        *CHECK.also("safari"),
    ),
    unsupported=(
        Unsupported(
            "comment", "api", "Since 2026-02-23 X's API takes replies only where the author has mentioned the account."
        ),
        Unsupported("dm", "api", "X's API is not connected here yet."),
    ),
)
