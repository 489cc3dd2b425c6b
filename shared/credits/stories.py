"""Which stories can be ordered as a trilogy? Three prompts each: setup, conflict, resolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

Story = Literal[
    "badass",
    "space",
    "action",
    "nature",
    "volcanic_fury",
    "abyssal_descent",
    "neon_shadows",
    "frozen_edge",
    "titan_protocol",
    "temporal_shift",
    "midnight_run",
    "way_of_dragon",
    "first_contact",
]
PARTS = ("setup", "conflict", "resolution")


class Prompts(NamedTuple):
    """One prompt for each part."""

    setup: str
    conflict: str
    resolution: str


STORIES: Mapping[str, Prompts] = {
    "badass": Prompts(
        "A woman in a worn leather jacket wheels an old motorcycle out of a desert garage at first light; dust, "
        "calm, low sun.",
        "She rides through a canyon while a sandstorm closes in behind her and a bridge ahead begins to give way.",
        "She brakes on the far side, takes off her helmet and looks back as the storm passes over the broken bridge.",
    ),
    "space": Prompts(
        "An astronaut waters a single plant in the window of a small station above a blue planet; slow, silent, warm light.",
        "Lights fail one after the other, debris glitters outside, and the astronaut pulls herself hand over "
        "hand to the hatch.",
        "The station turns into sunlight again; the astronaut floats back to the window, where the plant has "
        "opened a flower.",
    ),
    "action": Prompts(
        "A courier on a rooftop in a rainy city closes a metal case, tightens the strap and measures the gap to "
        "the next roof.",
        "Chased across wet roofs and down a fire ladder, the courier slides under a closing gate with a hand's "
        "width to spare.",
        "In a quiet library the case is opened: a child's lost violin, which its owner takes out and begins to tune.",
    ),
    "nature": Prompts(
        "A fox cub looks out of its den into a spring forest; dew on ferns, light between the trunks, a river far below.",
        "The river rises after a night of rain, and the cub balances along a fallen trunk above brown, fast water.",
        "On the other bank its mother waits in the sun; both shake off the water and vanish into tall green grass.",
    ),
    "volcanic_fury": Prompts(
        "Two researchers set up an instrument on a black slope at dusk; the crater glows faintly and the ground hums.",
        "The mountain opens, ash turns the day to night, and the two run downhill between falling stones and "
        "rivers of light.",
        "Morning on a beach of new black sand: the instrument, half buried, still blinks, and both laugh with "
        "ash on their faces.",
    ),
    "abyssal_descent": Prompts(
        "A small yellow submersible sinks from turquoise into deep blue; its pilot dims the lamps and watches the gauge.",
        "At the bottom something vast moves in the dark, the hull creaks, and the lamps find one huge unblinking eye.",
        "The creature lights up along its whole body, turns aside and leads the little vessel to a glowing field of vents.",
    ),
    "neon_shadows": Prompts(
        "Night in a city of signs: a detective with an umbrella stands before a noodle shop whose reflection "
        "shows another street.",
        "She steps into the puddle and into the other street, where every passer-by wears her own face and turns to follow.",
        "She closes the umbrella, all signs go dark at once, and when they come back only one shop is lit, and "
        "she is herself.",
    ),
    "frozen_edge": Prompts(
        "A climber wakes in a tent hung on a wall of ice; breath in the lamplight, a valley of clouds below, "
        "first sun on the peak.",
        "A crack runs through the ice above her, an axe falls, and she hangs from one hand while snow pours past.",
        "She pulls herself over the last edge and kneels on the summit in complete stillness, with the whole range in gold.",
    ),
    "titan_protocol": Prompts(
        "In a hangar an engineer wipes dust from the eye of a machine as tall as a tower; somewhere in it a "
        "light begins to pulse.",
        "The machine wades through a flooded harbour at night and holds a breaking dam with both arms while "
        "people run below.",
        "At dawn it kneels in the calm water, moss already on its shoulders, and the engineer climbs up and sits "
        "beside its eye.",
    ),
    "temporal_shift": Prompts(
        "A watchmaker finds a watch whose hands run backwards; around her bench, dust begins to rise instead of falling.",
        "Street and seasons run apart, snow beside summer, and she meets herself as a child who holds the same watch.",
        "Both stop their watches at the same moment; the dust settles, the shop is bright, and one watch is "
        "left, ticking forward.",
    ),
    "midnight_run": Prompts(
        "A night train stands in a mountain station; a young guard finds a letter addressed to the last stop of the line.",
        "The train races a thunderstorm along cliffs, and she crosses from roof to roof to reach the brakes "
        "before the last curve.",
        "At the last stop an old man on an empty platform opens the letter and looks up, and the rain ends.",
    ),
    "way_of_dragon": Prompts(
        "A boy sweeps the yard of a monastery in fog; painted on the gate a dragon, and one of its scales is missing.",
        "On a rope bridge he must pass an older student staff in hand, while the fog below takes the shape of a great back.",
        "He lays down the staff and bows; the fog rises as a dragon, circles once, and the painted scale is whole again.",
    ),
    "first_contact": Prompts(
        "A farmer's radio plays a song that nobody on earth has written; over the wheat a shape hangs in the "
        "evening without a sound.",
        "Searchlights, engines and fear on every road, and the farmer walks alone into the field with the radio "
        "in her arms.",
        "She turns the dial, the shape answers with the next line of the song, and rows of wheat light up to the horizon.",
    ),
}
assert STORIES.keys() == set(get_args(Story))  # noqa: S101 - the list and the prompts are one table in two forms
