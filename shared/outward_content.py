"""What is the content of an outward step, and what makes it impossible to send? Each action has a model of its own.

Task types make content, the ledger stores it, connectors send it; it is what is measured, approved and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

TEXT = "text"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why content can never be sent: its `field`, and what was counted (`value`) against what is accepted (`limit`)."""

    code: str
    field: str
    message: str
    value: int | str | None = None
    limit: int | str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an action besides its content; most have none."""


@dataclass(frozen=True, slots=True)
class FilmOptions(Options):
    """A film's length (seconds), and its width to its height (`9:16`)."""

    seconds: int
    aspect: str


NO_OPTIONS = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of one step. `media` are ids of the media library in their order, `reply_to` is what it answers.

    `action` is the capability that sends it.
    """

    action: ClassVar[str] = ""

    text: str = ""
    media: tuple[str, ...] = ()
    link: str | None = None
    reply_to: str | None = None
    options: Options = NO_OPTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentContent(Content):
    """A text under somebody's post."""

    action: ClassVar[str] = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent(Content):
    """A message to one person."""

    action: ClassVar[str] = "dm"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmContent(Content):
    """An order of a film: what it is to show, and in which format."""

    action: ClassVar[str] = "video"

    options: FilmOptions


NOTHING = Content()
_OPTIONS: Mapping[type[Content], type[Options]] = {FilmContent: FilmOptions}
_MODELS: Mapping[str, type[Content]] = {one.action: one for one in (CommentContent, MessageContent, FilmContent)}

Measure = Callable[[Content], Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class PayloadContent:
    """Content that a task's payload asks for. `names` maps its fields to fields of the payload with other names.

    `discloses` says that the persona's disclosure stands at its end where AI wrote it.
    """

    content: Content
    names: Mapping[str, str] = field(default_factory=dict)
    discloses: bool = True

    def name_of(self, field: str) -> str:
        """Return where a field of the content stands in the payload."""
        return self.names.get(field, field)


def beside_text(content: Content) -> dict[str, Any] | None:
    """Return the content besides the text, as JSON; None where there is none."""
    options = asdict(content.options)
    found = {one.name: getattr(content, one.name) for one in fields(content) if one.name not in {TEXT, "options"}}
    said = {name: value for name, value in found.items() if value} | ({"options": options} if options else {})
    return said or None


def read_content(action: str, text: str, beside: Mapping[str, Any] | None) -> Content:
    """Return content as the ledger stores it: its text, and the result of `beside_text`."""
    model = _MODELS.get(action, Content)
    said = dict(beside or {})
    if "options" in said:
        said["options"] = _OPTIONS[model](**said["options"])
    if "media" in said:
        said["media"] = tuple(said["media"])
    return model(text=text, **said)


def fingerprint(content: Content) -> str:
    """Return what makes two contents the same: the hash of their words, whatever their spacing and case, and of all else.

    Content of words alone has their hash only; otherwise the hash of the rest follows after a point, so that words can
    be compared by themselves.
    """
    words = _hash(" ".join(content.text.split()).casefold())
    beside = beside_text(content)
    return words if beside is None else f"{words}.{_hash(_canonical(beside))}"


def words_in(fingerprint: str) -> str:
    """Return the part of a fingerprint that stands for the words."""
    return fingerprint.partition(".")[0]


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
