"""What can Callsheet do on TikTok?"""

from __future__ import annotations

from connectors.contract.browser_readings import CHECK, DISCOVERY, INBOX, READ_POST
from connectors.contract.manifest import Capability, Manifest, Unsupported
from connectors.contract.sign_in import OAuth, WhoAmI

OAUTH = OAuth(
    authorize_url="https://www.tiktok.com/v2/auth/authorize/",
    exchange_url="https://open.tiktokapis.com/v2/oauth/token/",
    revoke_url="https://open.tiktokapis.com/v2/oauth/revoke/",
    scopes=("user.info.basic", "user.info.profile"),
    who=WhoAmI(
        url="https://open.tiktokapis.com/v2/user/info/?fields=open_id,username",
        id=("data", "user", "open_id"),
        handle=("data", "user", "username"),
    ),
    client_id_name="client_key",
    scope_separator=",",
    challenge="hex",
    source="TikTok's documentation of login and user info; the challenge is hexadecimal, as its desktop apps have it.",
)

NO_TRUSTED_CLICK = (
    "TikTok's list of chats hears trusted clicks only, a script in Safari makes none, and a chat has no address."
)

MANIFEST = Manifest(
    platform="tiktok",
    name="TikTok",
    origin="https://www.tiktok.com",
    other_hosts=("tiktok.com", "m.tiktok.com"),
    capabilities=(
        *Capability(
            name="comment",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=150,
            source="Length: 150 characters, widely reported, no official figure. Delays: no published figure; chosen.",
        ).also("safari"),
        Capability(
            name="dm",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=1000,
            source="Length: no published figure; the bound of the task type. Delays: no published figure; chosen.",
        ),
        *READ_POST.also("safari"),
        *DISCOVERY.also("safari"),
        INBOX,
        *CHECK.also("safari"),
        Capability(
            name="check",
            transport="api",
            kind="reading",
            call_s=30,
            source="Asks the user info endpoint whose token it is. Time: chosen.",
        ),
    ),
    oauth=OAUTH,
    unsupported=(
        Unsupported("dm", "safari", NO_TRUSTED_CLICK),
        Unsupported("inbox", "safari", NO_TRUSTED_CLICK),
        Unsupported("comment", "api", "TikTok's public APIs have no endpoint that writes a comment."),
        Unsupported("dm", "api", "TikTok's public APIs have no endpoint that writes to a person."),
    ),
)
