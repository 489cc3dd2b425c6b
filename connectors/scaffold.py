"""How does a new connector start? `python -m connectors.scaffold NAME` makes its folder with all file names.

What it writes runs: the manifest says that nothing is supported yet, and each file's first line says what belongs in it.
"""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]{0,29}")
RESERVED = {"browser", "contract", "http", "registry", "scaffold"}

FILES = {
    "__init__.py": '''"""{title}: what it does, through which door."""
''',
    "manifest.py": '''"""What can Callsheet do on {title}?"""

from __future__ import annotations

from connectors.contract.manifest import Manifest, Unsupported

MANIFEST = Manifest(
    platform="{name}",
    name="{title}",
    origin="https://www.{name}.com",
    other_hosts=("{name}.com", "m.{name}.com"),
    # Name a capability here and its code in actions.py, and the contract suite runs on it by itself.
    capabilities=(),
    unsupported=(
        Unsupported("comment", "chromium", "Not written yet."),
        Unsupported("dm", "chromium", "Not written yet."),
    ),
)
''',
    "actions.py": '''"""Which code does each capability of {title}?"""

from __future__ import annotations

from typing import Any

from connectors.contract.action import Action

# Keyed by capability and transport, for instance ("comment", "chromium"): Writing(Post, max_length=2200).
ACTIONS: dict[tuple[str, str], Action[Any]] = {{}}
''',
    "errors.py": '''"""What does {title} say when it refuses, and which of our errors is that?

Say here where the words come from.
"""

from __future__ import annotations

from connectors.browser.pages.refusal import Refusals

REFUSALS: Refusals = ()
''',
    "client.py": '''"""Which addresses of {title}'s API are called? The only file with them; remove it if there is none."""
''',
    "models.py": '''"""What does {title}'s API send and take? The wire's shapes; remove it if there is none."""
''',
    "mapping.py": '''"""How do {title}'s shapes become ours? Remove it if there is no API."""
''',
    "auth.py": '''"""How does an account sign in to {title}'s API? Remove it if there is no API."""
''',
    "pages/__init__.py": '''"""{title}'s screens, one class each; nothing else knows an address or a locator."""
''',
    "pages/selectors.toml": """# Where are things on {title}'s pages? Ordered ways: the first that finds anything counts.
#
# [signed_in]
# source = "where the knowledge comes from, and its date"
# ways = [{{ role = "link", name = "Profile" }}, {{ css = "nav a[href]" }}]
""",
    "quality.toml": """# Which rules of a connector does {title} keep? `done`, or `exempt` with the reason.

[rules]
right-account = {{ status = "exempt", reason = "Not written yet." }}
draft-guard = {{ status = "exempt", reason = "Not written yet." }}
recipient-check = {{ status = "exempt", reason = "Not written yet." }}
baseline = {{ status = "exempt", reason = "Not written yet." }}
one-click-with-deadline = {{ status = "exempt", reason = "Not written yet." }}
verify-by-reading = {{ status = "exempt", reason = "Not written yet." }}
proof = {{ status = "exempt", reason = "Not written yet." }}
refusals-in-one-table = {{ status = "exempt", reason = "Not written yet." }}
locators-in-data = {{ status = "exempt", reason = "Not written yet." }}
fallback-ways = {{ status = "exempt", reason = "Not written yet." }}
contract-suite = {{ status = "exempt", reason = "Not written yet." }}
other-languages = {{ status = "exempt", reason = "Not written yet." }}
real-site-run = {{ status = "exempt", reason = "Not written yet." }}
account-switching = {{ status = "exempt", reason = "Not written yet." }}
""",
    "BEHAVIOUR.md": """# How {title} behaves

What the code relies on, with the source of each line: writing, reading back, trouble, known limits.
""",
}


def make(name: str, root: Path) -> list[Path]:
    """Write the folder of a new connector below `root`, and answer its files.

    Raises:
        ValueError: the name cannot be one.
        FileExistsError: there is such a folder already; it is left as it is.
    """
    if not NAME.fullmatch(name) or name in RESERVED or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} cannot be a connector's name: small letters and digits, a letter first, and not {RESERVED}"
        )
    folder = root / name
    folder.mkdir()
    made = []
    for path, text in FILES.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.format(name=name, title=name.capitalize()), encoding="utf-8")
        made.append(file)
    return made


def main(arguments: list[str]) -> int:
    """Make one connector; answers the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("Say which platform: python -m connectors.scaffold mastodon\n")
        return 2
    try:
        made = make(arguments[0], Path(__file__).parent)
    except FileExistsError:
        sys.stderr.write(f"connectors/{arguments[0]} is there already; nothing was changed.\n")
        return 1
    except ValueError as error:
        sys.stderr.write(f"{error}.\n")
        return 2
    for file in made:
        sys.stdout.write(f"connectors/{file.relative_to(Path(__file__).parent)}\n")
    sys.stdout.write(
        f"Next: fill the files from manifest.py on, add `{arguments[0]}` to the connectors' row of layers in pyproject.toml,"
        f" and if a browser drives it, make sandbox/{arguments[0]}/.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
