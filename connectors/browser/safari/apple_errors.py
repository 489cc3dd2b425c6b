"""What does an error number of macOS mean for a step of ours? One table; messages are localised, so only numbers count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.browser.safari.osascript import ScriptError, ScriptTimeout
from shared.errors import CallsheetError, NotConfigured, Transient

AUTOMATION = "System Settings, Privacy & Security, Automation"
DEVELOPER = "Safari, Settings, Developer, Allow JavaScript from Apple Events"
ACCESSIBILITY = "System Settings, Privacy & Security, Accessibility"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`sent` says whether the event may have taken effect: `no` is certain. `setting` is where a person fixes it."""

    sent: Literal["no", "maybe"]
    code: str
    message: str
    setting: str = ""


# Numbers: Apple's error numbers of Apple events and of the Open Scripting Architecture.
MEANINGS = {
    -1743: Meaning("no", "automation_denied", "This program may not control Safari.", AUTOMATION),
    -1744: Meaning("no", "automation_consent", "Nobody has allowed yet that this program controls Safari.", AUTOMATION),
    8: Meaning("no", "no_javascript", "Safari does not let scripts run JavaScript in pages.", DEVELOPER),
    -25211: Meaning("no", "no_accessibility", "This program may not press keys for other programs.", ACCESSIBILITY),
    -600: Meaning("no", "page_lost", "Safari is not running."),
    -1728: Meaning("no", "page_lost", "The window is gone."),
    -1719: Meaning("no", "page_lost", "The window is gone."),
    -10006: Meaning("no", "page_lost", "The window takes no address any more."),
    -1712: Meaning("maybe", "page_hangs", "Safari did not answer in time."),
    -609: Meaning("maybe", "page_lost", "Safari ended or broke the connection meanwhile."),
    -128: Meaning("maybe", "page_lost", "Somebody on the Mac cancelled it."),
}
OTHERWISE = Meaning("maybe", "page_lost", "The script failed.")
HUNG = Meaning(
    "maybe", "page_hangs", "The script was killed: Safari hangs, or a question for a permission waits on the Mac's screen."
)


def meaning_of(error: ScriptError | ScriptTimeout) -> Meaning:
    """Return what an error stands for."""
    return MEANINGS.get(error.number, OTHERWISE) if isinstance(error, ScriptError) else HUNG


def as_error(error: ScriptError | ScriptTimeout) -> CallsheetError:
    """Return the error of a step that changes nothing outside."""
    meaning = meaning_of(error)
    said = f"{meaning.message} ({error.number})" if isinstance(error, ScriptError) else meaning.message
    if meaning.setting:
        return NotConfigured(code=meaning.code, message=said, setting=meaning.setting)
    return Transient(code=meaning.code, message=said)
