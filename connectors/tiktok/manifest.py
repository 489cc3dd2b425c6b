"""What can Callsheet do on TikTok?"""

from __future__ import annotations

from connectors.contract.browser_readings import CHECK, DISCOVERY, INBOX, READ_POST
from connectors.contract.manifest import Capability, Manifest, Unsupported
from connectors.contract.pace import Pace, limits_of
from connectors.contract.sign_in import OAuth, WhoAmI
from connectors.tiktok.measure import COMMENT, MESSAGE
from shared.platform_rules import ALLOWED, Policy

BROWSER_RULE = Policy(
    "needs_consent",
    "TikTok's terms of service do not allow automated scripts to interact with its services.",
    "https://www.tiktok.com/legal/page/us/terms-of-service/en",
)

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
    words_after_owner=("video",),
    short_hosts=("vm.tiktok.com", "vt.tiktok.com"),
    post_path=r"/@([A-Za-z0-9._]{1,30})/(video|photo)/(\d{5,25})/?",
    limits=limits_of({"dm": Pace(10, 50, (120, 300)), "comment": Pace(5, 0, (180, 180))}, active=(9, 21)),
    policy={"api": ALLOWED, "chromium": BROWSER_RULE, "safari": BROWSER_RULE},
    same_recipient_h=72,
    capabilities=(
        *Capability(
            name="comment",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=COMMENT.most,
            text_unit=COMMENT.unit,
            source="Length: 150 characters, widely reported, no official figure. Delays: no published figure; chosen.",
        ).also("safari"),
        Capability(
            name="dm",
            transport="chromium",
            verification="searchable",
            visibility_s=10,
            call_s=10,
            max_text=MESSAGE.most,
            text_unit=MESSAGE.unit,
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
