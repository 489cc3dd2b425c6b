"""What does a client send about personas?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from api.schemas.notifications import Name
from api.schemas.schedules import ZoneName
from api.schemas.tasks import Body
from shared.personas.change import PersonaChange
from shared.personas.create import NewPersona
from shared.task_types.spec import LINE_BREAKS
from shared.validation import MAY_BE_EMPTY, VISIBLE_LINES, fault_of_text

MOST_LANGUAGES = 20
_LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$"
Voice = Annotated[str, StringConstraints(pattern=VISIBLE_LINES, min_length=1, max_length=1000), LINE_BREAKS]
Languages = Annotated[list[Annotated[str, StringConstraints(pattern=_LANGUAGE)]], Field(max_length=MOST_LANGUAGES)]


def _goes_out(text: str) -> str:
    if fault := fault_of_text(text):
        raise ValueError(fault)
    return text


Disclosure = Annotated[str, StringConstraints(pattern=MAY_BE_EMPTY, max_length=500), LINE_BREAKS, AfterValidator(_goes_out)]
_VOICE = "`professional`, `casual`, `enthusiastic`, `thoughtful`, or a description of one's own."
_DISCLOSURE = "Stands at the end of posts that AI wrote; empty: nothing does."


class PersonaBody(Body):
    """A new persona."""

    name: Name
    voice: Voice = Field("professional", description=_VOICE)
    languages: Languages = Field([], description="BCP 47 tags, the best first.")
    zone: ZoneName = Field("UTC", description="An IANA time zone.")
    disclosure: Disclosure = Field("", description=_DISCLOSURE)

    def as_new(self) -> NewPersona:
        """Return it as the use case takes it."""
        return NewPersona(self.name, self.voice, [*self.languages], self.zone, self.disclosure)


class PersonaPatch(Body):
    """Changes to a persona; fields that are not named stay."""

    name: Name | None = None
    voice: Voice | None = Field(None, description=_VOICE)
    languages: Languages | None = None
    zone: ZoneName | None = None
    disclosure: Disclosure | None = Field(None, description=_DISCLOSURE)

    def as_change(self) -> PersonaChange:
        """Return it as the use case takes it."""
        languages = None if self.languages is None else [*self.languages]
        return PersonaChange(self.name, self.voice, languages, self.zone, self.disclosure)


PERSONA_EXAMPLES: dict[str, Any] = {
    "studio": {
        "summary": "A studio in Berlin",
        "value": {
            "name": "Studio Nord",
            "voice": "thoughtful",
            "languages": ["de", "en-GB"],
            "zone": "Europe/Berlin",
            "disclosure": "Written with the help of AI.",
        },
    },
}
PATCH_EXAMPLES: dict[str, Any] = {"voice": {"summary": "Another voice", "value": {"voice": "dry, short, never sells"}}}
