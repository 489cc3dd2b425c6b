"""What do a joined host and the installation exchange? Frames of JSON over one WebSocket, version 1.

The installation calls, the host answers; besides, the host reports its state. A call belongs to a session, which has a lane
for as long as it lasts, and is numbered in it: a host does each number once, and none that is not the next. Neither side
sends anything twice. `tests/vectors/door/` has recorded conversations, which must stay readable.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from shared.errors import Invalid

VERSION = 1
SUBPROTOCOL = "callsheet.door.1"
TRANSPORTS = ("chromium", "safari")  # transports that a host may drive
MOST_BYTES = 1_000_000  # of one frame; files are sent by requests of their own
LONGEST_WITHIN_S = 900.0
LATEST = 253_402_214_400  # Unix time of the last day that an instant may have here


@dataclass(frozen=True, slots=True)
class Hello:
    """A host's first frame. `transports` are those that it can drive, and so decide its lanes."""

    version: str
    transports: tuple[str, ...]
    kind: str = "hello"


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to `Hello`. `connection` numbers this socket: a later one has a higher number, and ends those before it."""

    host: str
    connection: int
    kind: str = "welcome"


@dataclass(frozen=True, slots=True)
class State:
    """The state of a host, sent every few seconds. `rest_until` is Unix time, None where it is not known."""

    rest_reason: str = ""
    rest_until: float | None = None
    kind: str = "state"


@dataclass(frozen=True, slots=True)
class Call:
    """One thing to do, one of `CALLS`. `token` is the fencing token of the lane's lease; `session` is empty outside of one.

    `within` is for how many seconds the caller waits for the answer.
    """

    id: str
    connection: int
    lane: str
    token: int
    session: str
    number: int
    do: str
    given: dict[str, Any] = field(default_factory=dict)
    within: float = 30.0
    kind: str = "call"


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a call. `mark` is the host's own clock (`shared.clock.elapsed`) as it answered.

    `error` is None, or an error as `connectors/browser/door_calls.py` writes it.
    """

    id: str
    mark: float
    value: Any = None
    error: dict[str, Any] | None = None
    kind: str = "answer"


Frame = Hello | Welcome | State | Call | Answer
# The values that a field may have, by its annotation above: the other end may send anything.
FITS: dict[str, Callable[[Any], bool]] = {
    "str": lambda said: isinstance(said, str),
    "int": lambda said: type(said) is int,
    "float": lambda said: type(said) in {int, float} and math.isfinite(said),
    "float | None": lambda said: said is None or (type(said) in {int, float} and 0 <= said < LATEST),
    "tuple[str, ...]": lambda said: isinstance(said, list) and all(isinstance(one, str) for one in said),
    "dict[str, Any]": lambda said: isinstance(said, dict),
    "dict[str, Any] | None": lambda said: said is None or isinstance(said, dict),
    "Any": lambda _: True,
}
KINDS: dict[str, type[Frame]] = {"hello": Hello, "welcome": Welcome, "state": State, "call": Call, "answer": Answer}


def write(frame: Frame) -> str:
    """Return a frame as text.

    Raises:
        Invalid: it is too long for one.
    """
    text = json.dumps({"v": VERSION, **asdict(frame)}, separators=(",", ":"))
    if len(text) > MOST_BYTES:
        raise Invalid(code="frame_too_long", message=f"A frame has at most {MOST_BYTES} bytes.")
    return text


def read(text: str) -> Frame:
    """Return the frame that a text holds. Unknown names are ignored: a later version may send more.

    Raises:
        Invalid: it is none, or one of another version.
    """
    if len(text) > MOST_BYTES:
        raise Invalid(code="frame_too_long", message=f"A frame has at most {MOST_BYTES} bytes.")
    try:
        said = json.loads(text)
        if said.get("v") != VERSION:
            raise Invalid(code="frame_version", message=f"This is no frame of version {VERSION}.")
        frame = KINDS[said["kind"]]
        known: dict[str, Any] = {one.name: said[one.name] for one in fields(frame) if one.name in said}
        if not all(FITS[str(one.type)](known[one.name]) for one in fields(frame) if one.name in known):
            raise Invalid(code="frame_unknown", message=f"Not every field of this {said['kind']} holds what it may.")
        if "transports" in known:
            known["transports"] = tuple(known["transports"])
        return frame(**known)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(code="frame_unknown", message="This is no frame that is known.") from error
