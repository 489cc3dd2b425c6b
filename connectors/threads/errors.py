"""What does Threads say when it refuses, and which of our errors is that?

Words from public automation repositories, 2025-12 to 2026-08 (table "Instagram", row "Soft blocks": both share the session
and the company).
"""

from __future__ import annotations

from connectors.browser.pages.refusal import Refusal
from shared.errors import AccountBlocked, ActionRequired, ContentRejected, RateLimited, Transient

REFUSALS = (
    # Markers of a page: they are described in pages/selectors.toml.
    Refusal(ActionRequired, "challenge", marker="challenge", message="Threads asks for a check that a person must do."),
    Refusal(ActionRequired, "logged_out", marker="logged_out", message="Nobody is signed in to Threads; sign in again."),
    Refusal(ContentRejected, "target_missing", marker="missing", message="Threads says that this page isn't available."),
    Refusal(ContentRejected, "comments_off", marker="comments_off", message="The author has restricted who can reply."),
    # Words in a notice; the first row that fits counts.
    Refusal(RateLimited, "rate_limited", "Please wait a few minutes before you try again"),
    Refusal(RateLimited, "rate_limited", "We limit how often you can do certain things"),
    Refusal(AccountBlocked, "action_blocked", "Action Blocked"),
    Refusal(AccountBlocked, "action_blocked", "Try Again Later"),
    Refusal(AccountBlocked, "action_blocked", "We restrict certain activity to protect our community"),
    Refusal(AccountBlocked, "account_restricted", "Account restricted"),
    # Shown for a refusal, a fault of theirs and a lost connection alike: it does not say that nothing was made.
    Refusal(Transient, "page_says_failed", "Post failed to upload", certain=False),
    Refusal(Transient, "page_says_failed", "Failed to post", certain=False),
)
