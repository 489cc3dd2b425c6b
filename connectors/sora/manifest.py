"""What can Callsheet do on Sora?"""

from __future__ import annotations

from connectors.contract.manifest import Capability, Manifest, Unsupported

MANIFEST = Manifest(
    platform="sora",
    name="Sora",
    origin="https://sora.chatgpt.com",
    hosts=("sora.chatgpt.com", "sora.com"),
    capabilities=(
        Capability(
            name="credits",
            transport="chromium",
            kind="reading",
            call_s=30,
            source="The settings dialog, tab Usage: public automation repositories up to 2026-03. Time: chosen.",
        ),
    ),
    unsupported=(
        Unsupported("video", "chromium", "Sora's site closed on 2026-04-26; no maker of videos is connected yet."),
        Unsupported("credits", "api", "No public API of Sora ever told what was left; its page did."),
        Unsupported("credits", "safari", "Safari is driven on a Mac; its driver is not there yet."),
    ),
)
