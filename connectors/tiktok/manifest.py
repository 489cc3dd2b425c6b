"""What can Callsheet do on TikTok?"""

from __future__ import annotations

from connectors.contract.manifest import Capability, Manifest, Unsupported

MANIFEST = Manifest(
    platform="tiktok",
    name="TikTok",
    origin="https://www.tiktok.com",
    hosts=("www.tiktok.com", "tiktok.com"),
    capabilities=(
        Capability(
            name="comment",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=150,
            source="Length: 150 characters, widely reported, no official figure. Delays: no published figure; chosen.",
        ),
        Capability(
            name="dm",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=1000,
            source="Length: no published figure; the bound of the task type. Delays: no published figure; chosen.",
        ),
    ),
    unsupported=(
        Unsupported("comment", "safari", "Safari is driven on a Mac; its driver is not there yet."),
        Unsupported("dm", "safari", "Safari is driven on a Mac; its driver is not there yet."),
        Unsupported("comment", "api", "TikTok's public APIs have no endpoint that writes a comment."),
        Unsupported("dm", "api", "TikTok's public APIs have no endpoint that writes to a person."),
    ),
)
