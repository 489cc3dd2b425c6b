"""Which platforms are simulated? Those of the connectors that write, and two over an API that no connector has yet."""

from __future__ import annotations

from connectors.contract.pace import Pace, limits_of
from connectors.registry import MANIFESTS
from shared.platform_rules import ALLOWED, PlatformRules, declare

_LINKEDIN = limits_of({"dm": Pace(10, 50, (30, 120))}, active=(8, 18))
_YOUTUBE = limits_of({"comment": Pace(3, 0, (300, 300))}, active=None)
BY_API = {platform: PlatformRules(of, {"api": ALLOWED}) for platform, of in (("linkedin", _LINKEDIN), ("youtube", _YOUTUBE))}
RULES = {name: manifest.rules for name, manifest in MANIFESTS.items()} | BY_API

for _platform, _rules in BY_API.items():
    declare(_platform, _rules)
