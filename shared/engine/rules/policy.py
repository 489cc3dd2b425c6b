"""What do a platform's rules say about a transport? Its connector declares it; practice accounts are allowed all."""

from __future__ import annotations

from shared.platform_rules import ALLOWED, UNDECLARED, Policy, rules_of


def policy_for(platform: str, transport: str, *, practice: bool) -> Policy:
    """Return the policy for outward actions of an account; reading needs no more than a sign-in."""
    return ALLOWED if practice else rules_of(platform).policy.get(transport, UNDECLARED)
