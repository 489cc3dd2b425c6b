"""What does a task type declare?"""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints

from shared.outward_content import PayloadContent
from shared.task_types.payload.value_types import Place, place_name


def one_line_break(text: object) -> object:
    """Return a text in which every line break is a line feed: those of Windows and old Macs are converted."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


# After what bounds the text, though it is applied first: the other way round the schema would not have the pattern.
LINE_BREAKS = BeforeValidator(one_line_break)
# What is said in a field that bears this mark is one line. Looked at when it is taken alone: what is stored is still read.
ONE_LINE = "one line"
Handle = Annotated[str, StringConstraints(pattern=r"^@?[A-Za-z0-9._-]{1,64}$", min_length=1, max_length=65)]
Address = Annotated[
    str, StringConstraints(pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9.:\[\]-]+/[!-~]*$", min_length=10, max_length=2048)
]


class Payload(BaseModel):
    """A client's input for one type. The gateway refuses unknown fields, workers ignore them.

    Where a field refers to a result that is not known yet and is no free text, a possible value replaces it
    while the payload is validated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    _references: Mapping[Place, str] = PrivateAttr(default_factory=dict)

    def refer(self, references: Mapping[Place, str]) -> None:
        """Record which fields are references, whose value is not known yet."""
        self._references = references

    @property
    def refers(self) -> bool:
        """Return whether a field's value is not known yet, apart from references in free texts."""
        return bool(self._references)

    def refers_at(self, name: str) -> bool:
        """Return whether the value of a field (`parts[0].text`), of a part of it or of what contains it is not known yet."""
        places = [place_name("", place) for place in self._references]
        pairs = [pair for place in places for pair in ((name, place), (place, name))]
        return any(whole == part or part.startswith((f"{whole}.", f"{whole}[")) for whole, part in pairs)

    def as_said(self) -> dict[str, Any]:
        """Return it as JSON, with its references in their places."""
        said: dict[str, Any] = self.model_dump(mode="json")
        for place, text in self._references.items():
            within: Any = said
            for step in place[:-1]:
                within = within[step]
            within[place[-1]] = text
        return said

    def contents(self) -> tuple[PayloadContent, ...]:
        """Return the content of its outward steps, as far as it is known; measured when it is ordered or changed."""
        return ()

    def instead(self) -> tuple[str, ...]:
        """Return the platforms that may do it where its own certainly cannot."""
        return ()

    def adapted(self) -> frozenset[str]:
        """Return the fields of its content that are changed to what such a platform accepts."""
        return frozenset()


class Result(BaseModel):
    """The result of a finished task of one type."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Proof(BaseModel):
    """The proof of an outward action."""

    url: str = Field(description="Where the screenshot is served; over an API request and answer.")
    text: str = Field(description="The text of what was made, read back where it can be.")


class OutwardResult(Result):
    """The result of every finished outward action."""

    external_id: str = Field(description="The platform's id of what was made.")
    external_url: str = Field(description="Where it can be seen.")
    proof: Proof | None = Field(None, description="None where taking it failed; the effect stands all the same.")


P = TypeVar("P", bound=Payload)
R = TypeVar("R", bound=Result)


@dataclass(frozen=True, slots=True)
class RetryRule:
    """The spacing of a type's retries: full jitter between 0 and `base_s * 2**n`, at most `cap_s` (seconds)."""

    base_s: float = 5
    cap_s: float = 600


@dataclass(frozen=True, slots=True)
class TaskSpec(Generic[P, R]):
    """One task type.

    `lane` says where it runs: `account` is the lane of the account's platform and transport, `named` the lane that the
    payload names, anything else is a lane's own name. `for_account` says that it belongs to an account, wherever it runs;
    the account's platform must have its `capability` and those that it also `needs`. `begins_run` says that the task
    is the first of a run, whose kind is the name of the type.

    `effects` are the outward steps in order, each done at most once; those that are `numbered` may be repeated, each under a
    name of its own (`post`, `post.2`). The key given to a platform derives from (task, step). `goes_on_by_id` says that what
    follows the steps needs the platform's id of what was made. `timeout_s` bounds one attempt, in seconds. `compares_words`
    says that an account does not use the same words twice in it.

    `takes_place` says that its maker makes only a number of its orders for an account at once (`Capability.at_once`),
    `holds_place` that a task of this type takes one of these slots until it is finished. `proves_lane` says that it only
    shows that its lane works: counts and lists leave it out. `by_platform` says that the name of a capable platform may be
    given as the type, and means a task of this type on that platform.
    """

    type: str
    version: int
    payload: builtins.type[P]
    result: builtins.type[R]
    lane: Literal["account", "named", "system", "media", "ai"]
    timeout_s: float
    effects: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()
    goes_on_by_id: bool = False
    capability: str = ""
    needs: tuple[str, ...] = ()
    for_account: bool = False
    begins_run: bool = False
    compares_words: bool = False
    takes_place: bool = False
    holds_place: bool = False
    proves_lane: bool = False
    by_platform: bool = False
    batch: int = 1
    priority: int = 3
    retry: RetryRule = field(default_factory=RetryRule)
    aliases: tuple[str, ...] = ()
    public: bool = True
    example: dict[str, Any] = field(default_factory=dict)
    example_platform: str = "instagram"

    @property
    def of_account(self) -> bool:
        """Return whether a task of this type names an account."""
        return self.for_account or self.lane == "account"

    @property
    def ends_with_its_step(self) -> bool:
        """Return whether a task is completed once its one outward step is confirmed: its result is that of the step."""
        is_single = len(self.effects) == 1 and not self.numbered and not self.goes_on_by_id
        return is_single and self.result.model_fields.keys() == OutwardResult.model_fields.keys()

    def has_step(self, name: str) -> bool:
        """Return whether one of its outward steps has this name."""
        step, dot, number = name.partition(".")
        if not dot:
            return step in self.effects
        return step in self.numbered and re.fullmatch(r"[2-9]|[1-9][0-9]{1,3}", number) is not None

    def is_done_by(self, steps: Collection[str]) -> bool:
        """Return whether these steps complete what is outward; of numbered steps only their task knows the number."""
        return bool(self.effects) and not self.numbered and set(self.effects).issubset(steps)

    def read_payload(self, stored: dict[str, Any]) -> P:
        """Return a stored payload as its model, for workers: a field that this version does not know is ignored."""
        return self.payload.model_validate(stored, extra="ignore")


AnySpec = TaskSpec[Any, Any]
