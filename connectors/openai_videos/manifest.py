"""What can Callsheet do at a maker that speaks `/v1/videos`?"""

from __future__ import annotations

from datetime import date

from connectors.contract.manifest import Capability, Closed, Manifest
from connectors.contract.pace import NO_LIMITS
from connectors.contract.sign_in import Secret
from connectors.openai_videos.measure import PROMPT, SECONDS
from shared.platform_rules import ALLOWED

PROTOCOL = "OpenAI's OpenAPI document and its package openai 3.51: videos."

MANIFEST = Manifest(
    platform="openai_videos",
    name="OpenAI-compatible videos",
    origin="https://api.openai.com",
    other_hosts=(),
    words_after_owner=(),
    limits=NO_LIMITS,
    policy={"api": ALLOWED},
    same_recipient_h=None,
    capabilities=(
        Capability(
            name="video",
            transport="api",
            verification="searchable",
            visibility_s=60,
            call_s=20,
            max_text=PROMPT.most,
            text_unit=PROMPT.unit,
            seconds=SECONDS,
            at_once=3,  # chosen, as on Sora
            source=f"{PROTOCOL} No idempotency key; the list of videos has prompts. Length, delays: chosen.",
        ),
        Capability(name="film", transport="api", kind="reading", call_s=20, source=f"{PROTOCOL} Time: chosen."),
        Capability(name="check", transport="api", kind="reading", call_s=20, source=f"{PROTOCOL} Time: chosen."),
    ),
    # The address ends where `/videos` begins; hosts that serve the protocol name their own models.
    secret=Secret("api_key", ("api_key", "base_url", "model"), PROTOCOL),
    closed=(
        Closed(
            ("api.openai.com",),
            "OpenAI's Videos API",
            date(2026, 9, 24),
            "OpenAI's guide to video generation and its page of deprecations.",
        ),
    ),
)
