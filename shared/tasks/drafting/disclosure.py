"""What stands at the end of texts that AI wrote? Their persona's disclosure, once: it is measured, approved and sent too."""

from __future__ import annotations

from shared.engine.rules.approval import Author
from shared.task_types.spec import Payload


def disclosed(payload: Payload, author: Author | None, disclosure: str) -> Payload:
    """Return the payload with the persona's disclosure at the end of its text, where AI wrote it."""
    text, closing = getattr(payload, "text", None), disclosure_of(author, disclosure)
    if not closing or text is None:
        return payload
    return payload.model_copy(update={"text": closed_with(text, closing)})


def disclosure_of(author: Author | None, disclosure: str) -> str:
    """Return the disclosure for this author's texts; "" where it was not AI."""
    return disclosure if author == "ai" else ""


def closed_with(text: str, disclosure: str) -> str:
    """Return a text with a disclosure on a line of its own at its end, unless it ends with it; an empty one adds nothing."""
    disclosure, written = disclosure.strip(), text.rstrip()
    return text if written.endswith(disclosure) else f"{written}\n{disclosure}"
