"""Which code does each capability of Sora?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.browser.check import Check, PageCheck
from connectors.browser.pages.writing import Writing
from connectors.sora.errors import REFUSALS
from connectors.sora.pages.chrome import Chrome, handle_in
from connectors.sora.pages.drafts import Drafts
from connectors.sora.pages.film import FilmPage
from connectors.sora.pages.usage import ReadUsage

if TYPE_CHECKING:
    from connectors.contract.action import Action
    from connectors.contract.film import Film
    from connectors.contract.reading import Reader

USAGE = PageCheck(("usage_panel",), opens=("settings_button", "settings_item", "usage_tab"))
ORDERING = PageCheck(("film_composer", "duration_10", "orientation_portrait"), path="/drafts")
CHECK = Check(Chrome.folder, REFUSALS, handle_in, (ORDERING, USAGE))
ACTIONS: dict[tuple[str, str], Action[Any] | Film[Any] | Reader[Any, Any]] = {
    ("video", "chromium"): Writing(Drafts),
    ("video", "safari"): Writing(Drafts),
    ("film", "chromium"): FilmPage(),
    ("film", "safari"): FilmPage(),
    ("credits", "chromium"): ReadUsage(),
    ("credits", "safari"): ReadUsage(),
    ("check", "chromium"): CHECK,
    ("check", "safari"): CHECK,
}
