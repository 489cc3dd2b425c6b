"""What does TikTok say when it refuses, and which of our errors is that?

Words and marks from public automation repositories, 2025-12 to 2026-08 (table "TikTok", rows "Failures", "Captcha").
"""

from __future__ import annotations

from connectors.browser.pages.refusal import Refusal
from shared.errors import AccountBlocked, ActionRequired, ContentRejected, RateLimited, Transient

REFUSALS = (
    # Markers of a page: they are described in pages/selectors.toml.
    Refusal(ActionRequired, "challenge", marker="captcha", message="TikTok shows a captcha, which a person must solve."),
    Refusal(ActionRequired, "logged_out", marker="logged_out", message="Nobody is signed in to TikTok; sign in again."),
    Refusal(ContentRejected, "target_missing", marker="missing", message="TikTok says that this page isn't available."),
    Refusal(ContentRejected, "comments_off", marker="comments_off", message="Comments are turned off."),
    # Words in a notice, or beside a message that failed; the first row that fits counts.
    Refusal(RateLimited, "rate_limited", "You are sending messages too fast"),
    Refusal(RateLimited, "rate_limited", "You're commenting too fast"),
    Refusal(AccountBlocked, "action_blocked", "too many attempts"),
    Refusal(AccountBlocked, "action_blocked", "This action was blocked"),
    Refusal(ContentRejected, "recipient_unavailable", "This user's privacy settings"),
    Refusal(ContentRejected, "text_refused", "Your message violates"),
    # Shown for a refusal, a fault of theirs and a lost connection alike: it does not say that nothing was made.
    Refusal(Transient, "page_says_failed", "Couldn't post comment", certain=False),
)
