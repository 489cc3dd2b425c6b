"""Do the pages of the platforms still look as we expect? What is paused, what drifts, and what the last checks missed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from cli.checks.finding import Finding
from cli.client import Client
from shared.errors import CallsheetError
from shared.settings import Settings

ACCOUNTS_AT_ONCE = 200
NAMED = 5  # locators that one finding names; it says how many more there are
ORDINALS = {2: "second", 3: "third"}


def check_pages(settings: Settings) -> list[Finding]:
    """Report what has changed; nothing where the gateway does not answer, which another check reports."""
    try:
        with Client(settings) as client:
            changes = client.get("/api/resources/pages")
            accounts = client.get("/api/accounts", limit=ACCOUNTS_AT_ONCE)["items"]
    except CallsheetError:
        return []
    found = [*map(_paused, changes["paused"]), *_drifting(changes["drifting"]), *_missed(accounts)]
    return found or [Finding("pages", "ok", "no place is paused, drifts or was missing in the last checks")]


def _paused(one: dict[str, Any]) -> Finding:
    kept = one["evidence"]
    seen = f"; what it looked like is in {kept['folder']} in the home of host {kept['host']}" if kept else ""
    mend = f"Mend the locator as for drift, then `callsheet resume platform:{one['platform']}`."
    return Finding(f"pages {one['platform']}", "wrong", f"{one['capability']} is paused: {one['reason']}{seen}", mend)


def _drifting(places: list[dict[str, Any]]) -> Iterator[Finding]:
    """Return one finding for each platform and browser; the list comes in that order."""
    for (platform, transport, practice), group in groupby(places, key=_pages):
        said = [f"`{one['locator']}` by its {_which(one['way'])} way since {one['since'][:10]}" for one in group]
        where = f"{transport}, practice site" if practice else transport
        mend = f"Correct its first way in selectors/{platform}.toml of the home, before the page changes once more."
        yield Finding(f"pages {platform}", "warn", f"found in {where}: {_some(said)}", mend)


def _pages(one: dict[str, Any]) -> tuple[str, str, bool]:
    return one["platform"], one["transport"], one["practice"]


def _missed(accounts: list[dict[str, Any]]) -> Iterator[Finding]:
    for one in accounts:
        if one["health"] and one["health"]["missing"]:
            who = f"{one['platform']}/{one['handle']}"
            what = f"the last check of {who} did not find {_some(one['health']['missing'])}"
            mend = f"Look at it with `callsheet account check {one['platform']} {one['handle']}`."
            yield Finding(f"pages {one['platform']}", "warn", what, mend)


def _which(way: int) -> str:
    return ORDINALS.get(way, f"{way}th")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
