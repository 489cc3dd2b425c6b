"""How does a new connector start? `python -m connectors.scaffold NAME` makes its folder with all file names.

What it writes runs: the manifest says that nothing is supported yet, and each file's first line says what belongs in it. The
platform's facts have no defaults: what the command line does not say is asked for.
"""

from __future__ import annotations

import argparse
import json
import keyword
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]{0,29}")
RESERVED = {"browser", "contract", "http", "registry", "scaffold"}

FILES = {
    "__init__.py": '''"""{title}: what it does, over which transports."""
''',
    "manifest.py": '''"""What can Callsheet do on {title}?"""

from __future__ import annotations

from connectors.contract.manifest import Manifest, Unsupported
from connectors.contract.pace import {pace_names}
from shared.platform_rules import Policy

BROWSER_RULE = Policy({word}, {rule}, {source})

MANIFEST = Manifest(
    platform="{name}",
    name="{title}",
    origin={origin},
    other_hosts={other_hosts},
    words_after_owner={words_after_owner},
    limits=limits_of({{{paces}}}, active={active}),
    policy={{"chromium": BROWSER_RULE, "safari": BROWSER_RULE}},
    same_recipient_h={same_recipient_h},
    # Name a capability here and its code in actions.py, and the contract suite runs on it by itself.
    capabilities=(),
    unsupported=(
        Unsupported("comment", "chromium", "Not written yet."),
        Unsupported("dm", "chromium", "Not written yet."),
    ),
)
''',
    "measure.py": '''"""What does {title} never take? Say how it counts, and where the figures come from."""

from __future__ import annotations

from connectors.contract.content import Content, Problem, measure_texts


def measure(content: Content) -> list[Problem]:
    """Return what makes it impossible to send this."""
    # Name each content that it takes here, for instance CommentContent: TextLimit(500).
    return measure_texts({title_text}, content, {{}})
''',
    "actions.py": '''"""Which code does each capability of {title}?"""

from __future__ import annotations

from typing import Any

from connectors.contract.action import Action

# Keyed by capability and transport, for instance ("comment", "chromium"): Writing(Post).
ACTIONS: dict[tuple[str, str], Action[Any]] = {{}}
''',
    "errors.py": '''"""What does {title} say when it refuses, and which of our errors is that?

Say here where the words come from.
"""

from __future__ import annotations

from connectors.browser.pages.refusal import Refusals

REFUSALS: Refusals = ()
''',
    "client.py": '''"""Which addresses of {title}'s API are called? The only file with them; remove it if there is no API."""
''',
    "models.py": '''"""What does {title}'s API send and take? Its JSON's shapes; remove it if there is no API."""
''',
    "mapping.py": '''"""How are {title}'s shapes translated into ours? Remove it if there is no API."""
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


def _text(answer: str) -> str:
    return json.dumps(answer, ensure_ascii=False)


def _origin(answer: str) -> str:
    if not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+", answer):
        raise ValueError("an address such as https://mastodon.social, without a path")
    return _text(answer)


def _texts(answer: str) -> str:
    words = answer.split()
    return "(" + "".join(f"{_text(word)}, " for word in words).removesuffix(" " if len(words) == 1 else ", ") + ")"


def _pace(answer: str) -> str:
    if answer == "none":
        return ""
    found = re.fullmatch(r"(\d+) (\d+) (\d+)-(\d+)", answer)
    if found is None:
        raise ValueError("so many an hour, a day, and a pause in seconds, such as `10 30 60-300`, or `none`")
    return "Pace({}, {}, ({}, {}))".format(*(int(figure) for figure in found.groups()))


def _hours(answer: str) -> str:
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", answer)
    if answer != "none" and (found is None or not all(int(hour) < 24 for hour in found.groups())):  # noqa: PLR2004 - hours
        raise ValueError("hours such as `9-21`, or `none`")
    return "None" if found is None else "({}, {})".format(*(int(hour) for hour in found.groups()))


def _number(answer: str) -> str:
    if answer != "none" and not answer.isdigit():
        raise ValueError("a number of hours, or `none`")
    return "None" if answer == "none" else str(int(answer))


def _word(answer: str) -> str:
    if answer not in WORDS:
        raise ValueError(f"one of {', '.join(WORDS)}")
    return _text(answer)


def _rule(answer: str) -> str:
    if not answer.strip():
        raise ValueError("the rule in one sentence")
    return _text(answer)


def _source(answer: str) -> str:
    if not answer.startswith("https://"):
        raise ValueError("the address where it stands, from https:// on")
    return _text(answer)


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a platform, and the form of the answer in the manifest."""

    key: str
    asks: str
    write: Callable[[str], str]


WORDS = ("allowed", "needs_consent", "unsupported", "forbidden")
QUESTIONS = (
    Question("origin", "With which address do its pages begin?", _origin),
    Question("other_hosts", "Which other hosts show the same pages (with spaces between; nothing: none)?", _texts),
    Question("words_after_owner", "What stands in an address right after whose post it is, such as `status`?", _texts),
    Question("dm", "How many messages an hour, a day, and with which pause (`10 30 60-300`, or `none`)?", _pace),
    Question("comment", "How many comments an hour, a day, and with which pause (`5 15 120-300`, or `none`)?", _pace),
    Question("active", "In which hours of the day does an account act (`9-21`, or `none` for all)?", _hours),
    Question("same_recipient_h", "How many hours between two messages to the same person (or `none`)?", _number),
    Question("word", f"What do its rules say of a browser that a program drives ({', '.join(WORDS)})?", _word),
    Question("rule", "Its rule, in one sentence?", _rule),
    Question("source", "Where does the rule stand?", _source),
)


def facts_from(said: Mapping[str, str | None], ask: Callable[[str], str]) -> dict[str, str]:
    """Return every fact as the manifest writes it; missing ones are asked for.

    Raises:
        ValueError: an answer is invalid.
        EOFError: nobody is there to be asked.
    """
    facts = {}
    for question in QUESTIONS:
        given = said.get(question.key)
        answer = ask(f"{question.asks} ") if given is None else given
        try:
            facts[question.key] = question.write(answer.strip())
        except ValueError as error:
            message = f"{answer!r} is no answer to {question.asks!r}: write {error}"
            raise ValueError(message) from None
    paces = {action: facts.pop(action) for action in ("dm", "comment")}
    facts["paces"] = ", ".join(f'"{action}": {pace}' for action, pace in paces.items() if pace)
    facts["pace_names"] = "Pace, limits_of" if facts["paces"] else "limits_of"
    return facts


def make(name: str, root: Path, facts: Mapping[str, str]) -> list[Path]:
    """Write the folder of a new connector below `root`, and return its files.

    Raises:
        ValueError: the name is invalid.
        FileExistsError: there is such a folder already; it is left as it is.
    """
    require_name(name)
    folder = root / name
    folder.mkdir()
    made = []
    for path, text in FILES.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            text.format(name=name, title=name.capitalize(), title_text=_text(name.capitalize()), **facts), encoding="utf-8"
        )
        made.append(file)
    return made


def require_name(name: str) -> None:
    """Check that a connector may have this name.

    Raises:
        ValueError: it may not.
    """
    if not NAME.fullmatch(name) or name in RESERVED or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} cannot be a connector's name: small letters and digits, a letter first, and not {RESERVED}"
        )


def main(arguments: list[str]) -> int:
    """Make one connector; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m connectors.scaffold", description="Start the folder of a new platform.")
    parser.add_argument("name", help="its key, such as mastodon")
    for question in QUESTIONS:
        parser.add_argument(f"--{question.key.replace('_', '-')}", help=question.asks.replace("%", "%%"))
    said = vars(parser.parse_args(arguments))
    name, root = said["name"], Path(__file__).parent
    try:
        require_name(name)
        if (root / name).exists():
            sys.stderr.write(f"connectors/{name} is there already; nothing was changed.\n")
            return 1
        made = make(name, root, facts_from(said, input))
    except EOFError:
        sys.stderr.write("\nNobody answers: say what is asked for on the command line (--help). Nothing was made.\n")
        return 2
    except ValueError as error:
        sys.stderr.write(f"{error}.\n")
        return 2
    for file in made:
        sys.stdout.write(f"connectors/{file.relative_to(root)}\n")
    sys.stdout.write(
        f"Next: fill the files from manifest.py on; if a browser drives it, make sandbox/{name}/; then make the tables of"
        " docs/ anew: python scripts/generate_docs.py.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
