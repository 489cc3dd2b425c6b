"""What does X say when it refuses, and which of our errors is that?

Words and marks from public automation repositories, 2025-12 to 2026-08 (table "X", rows "Soft blocks", "Duplicate",
"XChat passcode").
"""

from __future__ import annotations

from connectors.browser.pages.refusal import DUPLICATE, Refusal
from shared.errors import AccountBlocked, ActionRequired, ContentRejected, RateLimited, Transient

PASSCODE = "X asks for the passcode of its chat: open the account's browser, enter it there once, then resume the account."

REFUSALS = (
    # Markers of a page: they are described in pages/selectors.toml.
    Refusal(ActionRequired, "challenge", marker="challenge", message="X asks for a check that a person must do."),
    Refusal(ActionRequired, "logged_out", marker="logged_out", message="Nobody is signed in to X; sign in again."),
    Refusal(ActionRequired, "passcode", marker="passcode", message=PASSCODE),
    Refusal(ContentRejected, "target_missing", marker="missing", message="X says that this page isn't available."),
    Refusal(ContentRejected, "comments_off", marker="comments_off", message="The author has restricted who can reply."),
    # Words in a notice; the first row that fits counts.
    Refusal(ContentRejected, DUPLICATE, "You already said that", certain=False),
    Refusal(RateLimited, "rate_limited", "Rate limit exceeded"),
    Refusal(RateLimited, "rate_limited", "You have reached the daily limit"),
    Refusal(AccountBlocked, "action_blocked", "This request looks like it might be automated"),
    Refusal(AccountBlocked, "account_restricted", "Your account is suspended"),
    Refusal(AccountBlocked, "account_restricted", "Your account is locked"),
    # Shown for a refusal, a fault of theirs and a lost connection alike: it does not say that nothing was made.
    Refusal(Transient, "page_says_failed", "Something went wrong", certain=False),
)
