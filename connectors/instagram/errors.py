"""What does Instagram say when it refuses, and which of our errors is that?

Words from public automation repositories, 2025-12 to 2026-08 (table "Instagram", row "Soft blocks").
"""

from __future__ import annotations

from connectors.browser.pages.refusal import Refusal
from shared.errors import AccountBlocked, ActionRequired, ContentRejected, RateLimited, Transient

REFUSALS = (
    # Markers of a page: they are described in pages/selectors.toml.
    Refusal(ActionRequired, "challenge", marker="challenge", message="Instagram asks for a check that a person must do."),
    Refusal(ActionRequired, "logged_out", marker="login_form", message="Instagram shows its login form; sign in again."),
    Refusal(ContentRejected, "target_missing", marker="missing", message="Instagram says that this page isn't available."),
    Refusal(ContentRejected, "comments_off", marker="comments_off", message="Comments on this post are turned off."),
    # Words in a notice; the first row that fits counts, so the narrower words stand first.
    Refusal(RateLimited, "rate_limited", "Please wait a few minutes before you try again"),
    Refusal(RateLimited, "rate_limited", "We limit how often you can do certain things"),
    Refusal(AccountBlocked, "action_blocked", "Action Blocked"),
    Refusal(AccountBlocked, "action_blocked", "Try Again Later"),
    Refusal(AccountBlocked, "action_blocked", "We restrict certain activity to protect our community"),
    Refusal(AccountBlocked, "action_blocked", "Your account has been temporarily blocked from"),
    Refusal(AccountBlocked, "account_restricted", "Account restricted"),
    # Shown for a refusal, a fault of theirs and a lost connection alike: it does not say that nothing was made.
    Refusal(Transient, "page_says_failed", "Couldn't post comment", certain=False),
)
