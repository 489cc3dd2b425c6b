"""What can Callsheet do on Threads?"""

from __future__ import annotations

from dataclasses import replace

from connectors.contract.browser_readings import CHECK, DISCOVERY, INBOX, READ_POST
from connectors.contract.manifest import Capability, Manifest, Unsupported

NO_SOURCE = "No public source says how messages look on the web; what nobody has described is not guessed."

MANIFEST = Manifest(
    platform="threads",
    name="Threads",
    origin="https://www.threads.com",
    other_hosts=("threads.com", "m.threads.com", "www.threads.net", "threads.net", "m.threads.net"),
    capabilities=(
        *Capability(
            name="comment",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=500,
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
