"""How is kept what a page looked like that was not as expected? As picture, HTML and address, in a folder of its own."""

from __future__ import annotations

import base64
import json
from pathlib import Path


def keep_evidence(folder: Path, evidence: dict[str, str]) -> None:
    """Write the files; `screenshot` is base64."""
    folder.mkdir(parents=True, exist_ok=True)
    if "screenshot" in evidence:
        (folder / "page.jpg").write_bytes(base64.b64decode(evidence["screenshot"]))
    (folder / "page.html").write_text(evidence.get("html", ""))
    (folder / "page.json").write_text(json.dumps({"address": evidence.get("address", "")}))
