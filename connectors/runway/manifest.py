"""What can Callsheet do on Runway?"""

from __future__ import annotations

from connectors.contract.manifest import Capability, Manifest
from connectors.contract.pace import NO_LIMITS
from connectors.contract.sign_in import Secret
from connectors.runway.measure import PROMPT, SECONDS
from shared.platform_rules import ALLOWED

SOURCE = "docs.dev.runwayml.com and its package runwayml 5.24, 2026."

MANIFEST = Manifest(
    platform="runway",
    name="Runway",
    origin="https://api.dev.runwayml.com",
    other_hosts=(),
    words_after_owner=(),
    limits=NO_LIMITS,
    policy={"api": ALLOWED},
    same_recipient_h=None,
    capabilities=(
        Capability(
            name="video",
            transport="api",
            verification="blind",
            call_s=20,
            max_text=PROMPT.most,
            text_unit=PROMPT.unit,
            seconds=SECONDS,
            at_once=3,  # chosen, as on Sora
            source=f"{SOURCE} promptText: 1000 UTF-16 units. No idempotency key and no list of tasks. Time: chosen.",
        ),
        Capability(name="film", transport="api", kind="reading", call_s=20, source=f"{SOURCE} Time: chosen."),
        Capability(
            name="credits", transport="api", kind="reading", call_s=20, source=f"{SOURCE} creditBalance. Time: chosen."
        ),
        Capability(name="check", transport="api", kind="reading", call_s=20, source=f"{SOURCE} Time: chosen."),
    ),
    secret=Secret("api_key", ("api_key", "model"), SOURCE),
)
