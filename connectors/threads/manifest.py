"""What can Callsheet do on Threads?"""

from __future__ import annotations

from dataclasses import replace

from connectors.contract.browser_readings import CHECK, DISCOVERY, INBOX, READ_POST
from connectors.contract.manifest import Capability, Manifest, Unsupported
from connectors.contract.pace import Pace, limits_of
from connectors.threads.measure import COMMENT
from shared.platform_rules import Policy

BROWSER_RULE = Policy(
    "needs_consent",
    "Threads follows Instagram's terms of use: no automated use without express permission.",
    "https://help.instagram.com/769983657850450",
)

NO_SOURCE = "No public source says how messages look on the web; what nobody has described is not guessed."

MANIFEST = Manifest(
    platform="threads",
    name="Threads",
    origin="https://www.threads.com",
    other_hosts=("threads.com", "m.threads.com", "www.threads.net", "threads.net", "m.threads.net"),
    words_after_owner=("post",),
    post_path=r"/@([A-Za-z0-9._]{1,30})/post/([A-Za-z0-9_-]{1,64})/?",
    limits=limits_of({"dm": Pace(10, 30, (120, 300)), "comment": Pace(5, 20, (60, 180))}, active=(9, 21)),
    policy={"chromium": BROWSER_RULE, "safari": BROWSER_RULE},
    same_recipient_h=None,
    capabilities=(
        *Capability(
            name="comment",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=COMMENT.most,
            text_unit=COMMENT.unit,
            shows_target=False,  # a post's page holds the posts above it and replies to its replies
            source="Length: 500 signs, emoji by bytes of UTF-8, Threads API. Delays: no published figure; chosen.",
        ).also("safari"),
        *READ_POST.also("safari"),
        *DISCOVERY.also("safari"),
        *replace(INBOX, source="Reads what is told of comments and mentions. Time: chosen.").also("safari"),
        *CHECK.also("safari"),
    ),
    unsupported=(
        Unsupported("comment", "api", "The Threads API is not connected here yet."),
        Unsupported("dm", "chromium", NO_SOURCE),
        Unsupported("dm", "safari", NO_SOURCE),
        Unsupported("dm", "api", "The Threads API has no messages."),
    ),
)
