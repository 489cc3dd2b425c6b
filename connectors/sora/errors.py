"""What does Sora say when it refuses, and which of our errors is that?

Markers of a page are described in pages/selectors.toml. Words: OpenAI's own on guardrails and usage, as its help pages and
third parties quoted them up to 2026-04; no list of them was ever published.
"""

from __future__ import annotations

from connectors.browser.pages.refusal import Refusal
from shared.errors import AccountBlocked, ActionRequired, ContentRejected, RateLimited, Transient

REFUSALS = (
    Refusal(ActionRequired, "challenge", marker="challenge", message="Sora asks for a check that a person must do."),
    Refusal(ActionRequired, "logged_out", marker="logged_out", message="Nobody is signed in to Sora; sign in again."),
    Refusal(ContentRejected, "target_missing", marker="missing", message="Sora says that this page isn't available."),
    Refusal(ContentRejected, "text_refused", "may violate our guardrails"),
    Refusal(ContentRejected, "text_refused", "may violate our content policies"),
    Refusal(RateLimited, "no_credits", "out of video gens"),
    Refusal(RateLimited, "rate_limited", "reached your limit"),
    Refusal(RateLimited, "rate_limited", "videos in progress"),
    Refusal(AccountBlocked, "action_blocked", "temporarily restricted"),
    # Shown for a fault of theirs and a lost connection alike: it does not say that nothing was made.
    Refusal(Transient, "page_says_failed", "Something went wrong", certain=False),
)
