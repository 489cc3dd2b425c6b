"""What does Sora show instead of its page, and which of our errors is that?

Nothing is written there, so nothing is refused: these are marks of a page, described in pages/selectors.toml.
"""

from __future__ import annotations

from connectors.browser.refusal import Refusal
from shared.errors import ActionRequired

REFUSALS = (
    Refusal(ActionRequired, "challenge", marker="challenge", message="Sora asks for a check that a person must do."),
    Refusal(ActionRequired, "logged_out", marker="logged_out", message="Nobody is signed in to Sora; sign in again."),
)
