"""What can Callsheet do on Sora?"""

from __future__ import annotations

from datetime import date

from connectors.contract.browser_readings import CHECK
from connectors.contract.manifest import Capability, Closed, Manifest, Unsupported
from connectors.contract.pace import NO_LIMITS
from connectors.sora.measure import PROMPT, SECONDS
from shared.platform_rules import Policy

BROWSER_RULE = Policy(
    "needs_consent",
    "OpenAI's terms of use forbid to extract data or output automatically or programmatically.",
    "https://openai.com/policies/terms-of-use/",
)

HOSTS = ("sora.chatgpt.com", "sora.com", "www.sora.com")

MANIFEST = Manifest(
    platform="sora",
    name="Sora",
    origin="https://sora.chatgpt.com",
    other_hosts=("sora.com", "www.sora.com"),
    words_after_owner=(),
    limits=NO_LIMITS,
    policy={"chromium": BROWSER_RULE, "safari": BROWSER_RULE},
    same_recipient_h=None,
    capabilities=(
        *Capability(
            name="video",
            transport="chromium",
            verification="searchable",
            visibility_s=30,
            call_s=15,
            max_text=PROMPT.most,
            text_unit=PROMPT.unit,
            seconds=SECONDS,
            at_once=3,  # what operators of such systems report
            shows_target=False,  # the list of drafts tells prompts, not formats
            source="The box and the list of drafts: public automation repositories up to 2026-03. Length, delays: chosen.",
        ).also("safari"),
        *Capability(
            name="film",
            transport="chromium",
            kind="reading",
            call_s=60,
            source="The page of one draft, its video element: public automation repositories up to 2026-03. Time: chosen.",
        ).also("safari"),
        *Capability(
            name="credits",
            transport="chromium",
            kind="reading",
            call_s=30,
            source="The settings dialog, tab Usage: public automation repositories up to 2026-03. Time: chosen.",
        ).also("safari"),
        *CHECK.also("safari"),
    ),
    unsupported=(
        Unsupported("credits", "api", "No public API of Sora ever told what was left; its page did."),
        Unsupported("video", "api", "Sora's API is a platform of its own here: openai_videos."),
    ),
    closed=(Closed(HOSTS, "Sora's web site", date(2026, 4, 26), "OpenAI's help pages and its page of deprecations."),),
)
