"""Which readings work the same in every browser connector? Data for manifests; each says over which transports.

The times are chosen by us: no platform publishes one.
"""

from __future__ import annotations

from connectors.contract.manifest import Capability

READ_POST = Capability(
    name="read_post",
    transport="chromium",
    kind="reading",
    call_s=60,
    source="Opens the post's own page. Time: chosen.",
)
DISCOVERY = Capability(
    name="discovery",
    transport="chromium",
    kind="reading",
    call_s=90,
    source="Reads the site's search, down to the asked number. Time: chosen.",
)
INBOX = Capability(
    name="inbox",
    transport="chromium",
    kind="reading",
    call_s=90,
    source="Reads what is told of comments and mentions, and conversations. Time: chosen.",
)
CHECK = Capability(
    name="check",
    transport="chromium",
    kind="reading",
    call_s=60,
    source="Reads the pages that the other capabilities use. Time: chosen.",
)
