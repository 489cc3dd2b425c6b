"""Is a target read, or refused, whatever is written in it?"""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.http.egress import Egress
from connectors.http.notify import SCHEMES, check_target
from shared.errors import Conflict

ANYTHING = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


async def inside(_host: str, _port: int):
    return [ipaddress.ip_address("10.0.0.1")]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SCHEMES), ANYTHING)
@example("jsons", "[")
@example("jsons", "h:99999999/")
@example("ntfys", "a@[::1]:0/%")
@example("mailtos", "me:pw@[x?smtp=[")
@example("tgram", "%00/%ff")
async def test_a_target_is_read_or_refused_and_nothing_inside_is_reached(scheme: str, rest: str):
    try:
        shown = await check_target(Egress(resolve=inside), f"{scheme}://{rest}")
    except Conflict as refused:
        shown = f"{scheme}://" if refused.field == "target" and refused.message else ""

    assert shown.startswith(f"{scheme}://")


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("jsons://me:secret@1.1.1.1:8443/in?+X-Token=secret", "jsons://1.1.1.1:8443"),  # pragma: allowlist secret
        ("ntfy://secret-topic", "ntfy://"),
        ("ntfys://secret@1.1.1.1/topic", "ntfys://1.1.1.1"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", "slack://"),
        ("mailtos://me:secret@a.org?smtp=1.1.1.1&to=b@a.org", "mailtos://1.1.1.1:587"),  # pragma: allowlist secret
    ],
)
async def test_what_is_shown_holds_no_secret(target: str, shown: str):
    assert await check_target(Egress(resolve=inside), target) == shown


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("jsons://1.1.1.1/x?redirect=yes", "redirect"),
        ("jsons://1.1.1.1/x#?redirect=yes", "redirect"),
        ("jsons://1.1.1.1/x?tags=a;verify=no", "verify"),
        ("jsons://1.1.1.1/x?%72edirect=yes", "redirect"),
        ("jsons://1.1.1.1/x?+Host=inside", "its host"),
        ("workflows://1.1.1.1/workflow/signature?template=/etc/passwd", "template"),
        ("mailtos://me:pw@example.org?smtp=1.1.1.1&pgpkey=http://10.0.0.1/", "pgpkey"),  # pragma: allowlist secret
        ("mailtos://me:pw@example.org?smtp=1.1.1.1&mode=insecure", "mode"),  # pragma: allowlist secret
        ("mailtos://me:pw@example.org?smtp=10.0.0.1", "not public"),  # pragma: allowlist secret
        ("ntfys://10.0.0.1/topic?mode=private", "not public"),
        ("rockets://me:pw@10.0.0.1/room", "not public"),  # pragma: allowlist secret
        ("json://1.1.1.1/x", "https"),
        ("file:///etc/passwd", "Use one of"),
    ],
)
async def test_a_target_is_refused_for_its_own_reason(target: str, why: str):
    with pytest.raises(Conflict, match=why):
        await check_target(Egress(resolve=inside), target)
