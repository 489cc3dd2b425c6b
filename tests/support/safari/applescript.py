"""What would AppleScript do with this source? An interpreter of the few words that the product's sources use.

Everything else is a syntax error (-2741), as a misspelt word would be on a Mac. Only the standard library: it starts anew
for each script.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|«class utf8»|\d+|[A-Za-z]\w*|[(){},:&/])')
CLOSES = {"run": "run", "tell": "tell", "with": "timeout", "repeat": "repeat", "if": "if"}
SAFARI = '"com.apple.Safari"'


class Missing:
    """`missing value`."""


MISSING = Missing()


class ScriptError(Exception):
    """What osascript prints: a message and a number."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number, self.message = number, message


class Application(Protocol):
    """Safari, as Apple events reach it; `within` is how long an event may take (seconds)."""

    def javascript(self, source: str, window: int, within: float) -> Any: ...
    def set_url(self, window: int, address: str, within: float) -> None: ...
    def new_document(self, address: str, within: float) -> None: ...
    def windows(self, within: float) -> list[int]: ...
    def close(self, window: int, within: float) -> None: ...
    def launch(self, within: float) -> None: ...


class _Exit(Exception):
    """`exit repeat` was met."""


class _Return(Exception):
    """`return` was met."""


@dataclass
class _Line:
    words: list[str]
    body: list[Any]


def run(source: str, arguments: list[str], application: Application) -> Any:
    """Run a script's `on run argv`, and answer what it returns."""
    lines = [_tokens(line) for line in source.splitlines() if line.strip() and not line.strip().startswith("--")]
    block, rest = _block(lines, "")
    if rest or len(block) != 1 or block[0].words != ["on", "run", "argv"]:
        raise _syntax("exactly one `on run argv`")
    machine = _Machine(application, {"argv": arguments})
    try:
        machine.do_all(block[0].body)
    except _Return as end:
        return end.args[0]
    return MISSING


def printed(value: Any) -> str:
    """A value as `osascript` prints it for people."""
    if value is MISSING:
        return "missing value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(printed, value))
    return str(value)


def _tokens(line: str) -> list[str]:
    found, at = [], 0
    line = line.rstrip()
    while at < len(line):
        hit = TOKEN.match(line, at)
        if hit is None:
            raise _syntax(line[at:])
        found.append(hit[1])
        at = hit.end()
    return found


def _block(lines: list[list[str]], closing: str) -> tuple[list[_Line], list[list[str]]]:
    """The statements up to the line that closes this block, and the lines behind it."""
    done: list[_Line] = []
    while lines:
        words, *lines = lines
        if words[0] == "end" or words[0] == "else":
            if words[0] == "end" and words[1:] != [closing]:
                raise _syntax(" ".join(words))
            return done, [words, *lines]
        opens = words[1] if words[0] == "on" else words[0]
        if opens not in CLOSES:
            done.append(_Line(words, []))
            continue
        body, lines = _block(lines, CLOSES[opens])
        done.append(_Line(words, body))
        while lines and lines[0][0] == "else":
            branch, *lines = lines
            body, lines = _block(lines, "if")
            done.append(_Line(branch, body))
        if not lines:
            raise _syntax(f"end {CLOSES[opens]}")
        lines = lines[1:]
    if closing:
        raise _syntax(f"end {closing}")
    return done, lines


def _syntax(found: str) -> ScriptError:
    return ScriptError(-2741, f"A word that does not belong here: {found}")


class _Machine:
    def __init__(self, application: Application, names: dict[str, Any]) -> None:
        self.application, self.names = application, names
        self.within = 120.0  # what Apple events wait where nobody says otherwise
        self.told = False

    def do_all(self, lines: list[_Line]) -> None:
        decided = True
        for line in lines:
            if line.words[0] == "else":
                if not decided:
                    decided = self.choose(line.words[1:], line)
                continue
            decided = self.choose(line.words, line) if line.words[0] == "if" else (self.do(line) or True)

    def choose(self, words: list[str], line: _Line) -> bool:
        """`if … then`, or what is left of an `else`; whether its body was done."""
        if words:
            if words[0] != "if" or words[-1] != "then":
                raise _syntax(" ".join(words))
            if not self.value(words[1:-1]):
                return False
        self.do_all(line.body)
        return True

    def do(self, line: _Line) -> None:
        match line.words:
            case ["tell", "application", "id", name] if name == SAFARI:
                self.told = True
                self.do_all(line.body)
                self.told = False
            case ["with", "timeout", "of", *seconds, "seconds"]:
                before, self.within = self.within, float(self.value(seconds))
                self.do_all(line.body)
                self.within = before
            case ["repeat", "with", name, "in", *listed]:
                for item in self.value(listed):
                    self.names[name] = item
                    self.do_all(line.body)
            case ["repeat", *count, "times"]:
                with suppress(_Exit):
                    for _ in range(self.value(count)):
                        self.do_all(line.body)
            case ["exit", "repeat"]:
                raise _Exit
            case words:
                self.simple(words)

    def simple(self, words: list[str]) -> None:
        match words:
            case ["return", *value]:
                raise _Return(self.value(value))
            case ["delay", *seconds]:
                time.sleep(self.value(seconds))
            case ["set", "URL", "of", "current", "tab", "of", "window", "id", window, "to", *address]:
                self.safari().set_url(self.value([window]), self.value(address), self.within)
            case ["set", name, "to", *value]:
                self.names[name] = self.value(value)
            case ["do", "JavaScript", *_]:
                self.value(words)
            case ["make", "new", "document", "with", "properties", "{", "URL", ":", *address, "}"]:
                self.safari().new_document(self.value(address), self.within)
            case ["close", "window", "id", *window]:
                self.safari().close(self.value(window), self.within)
            case ["launch"]:
                self.safari().launch(self.within)
            case _:
                raise _syntax(" ".join(words))

    def safari(self) -> Application:
        if not self.told:
            raise _syntax("a word of Safari outside of `tell application`")
        return self.application

    def value(self, words: list[str]) -> Any:
        value, rest = self.conjunction(words)
        if rest:
            raise _syntax(" ".join(rest))
        return value

    def conjunction(self, words: list[str]) -> tuple[Any, list[str]]:
        left, words = self.comparison(words)
        while words[:1] in (["and"], ["or"]):
            joint, words = words[0], words[1:]
            # What is decided already is not looked at, as in AppleScript; but its words must be read.
            decided = bool(left) is (joint == "or")
            right, words = self.comparison(words, silent=decided)
            left = left if decided else right
        return left, words

    def comparison(self, words: list[str], *, silent: bool = False) -> tuple[Any, list[str]]:
        left, words = self.quotient(words)
        match words:
            case ["does", "not", "contain", *rest] if silent:
                return None, self.quotient(rest)[1]
            case ["is", "not", *rest]:
                right, words = self.quotient(rest)
                return left != right, words
            case ["is", *rest]:
                right, words = self.quotient(rest)
                return left == right, words
            case ["does", "not", "contain", *rest]:
                right, words = self.quotient(rest)
                return right not in left, words
            case ["contains", *rest]:
                right, words = self.quotient(rest)
                return right in left, words
        return left, words

    def quotient(self, words: list[str]) -> tuple[Any, list[str]]:
        left, words = self.coercion(words)
        while words[:1] in (["/"], ["&"]):
            sign, (right, words) = words[0], self.coercion(words[1:])
            left = left / right if sign == "/" else printed(left) + printed(right)
        return left, words

    def coercion(self, words: list[str]) -> tuple[Any, list[str]]:
        value, words = self.primary(words)
        match words:
            case ["as", "integer", *rest]:
                if not re.fullmatch(r"-?\d+", str(value)):
                    raise ScriptError(-1700, f"Can't make {printed(value)} into type integer.")
                return int(value), rest
            case ["as", "text", *rest]:
                return printed(value), rest
        return value, words

    def primary(self, words: list[str]) -> tuple[Any, list[str]]:
        if words[:1] == ["("]:
            value, rest = self.conjunction(words[1:])
            return value, _after(rest, ")")
        for reader in (self.literal, self.object):
            if (found := reader(words)) is not None:
                return found
        raise ScriptError(-2753, f"The variable {' '.join(words[:1])} is not defined.")

    def literal(self, words: list[str]) -> tuple[Any, list[str]] | None:
        """What stands for itself, and the names of the script."""
        match words:
            case ["missing", "value", *rest]:
                return MISSING, rest
            case ["linefeed", *rest]:
                return "\n", rest
            case [word, *rest] if word[0] == '"':
                return re.sub(r"\\(.)", r"\1", word[1:-1]), rest
            case [word, *rest] if word.isdigit():
                return int(word), rest
            case [word, *rest] if word in self.names:
                return self.names[word], rest
        return None

    def object(self, words: list[str]) -> tuple[Any, list[str]] | None:
        """What has to be got: an item, a file, an answer of Safari."""
        match words:
            case ["item", number, "of", name, *rest]:
                items = self.names[name]
                if int(number) > len(items):
                    raise ScriptError(-1728, f"Can't get item {number} of {name}.")
                return items[int(number) - 1], rest
            case ["contents", "of", name, *rest]:
                return self.names[name], rest
            case ["id", "of", "every", "window", *rest]:
                return self.safari().windows(self.within), rest
            case ["read", "POSIX", "file", *rest]:
                path, rest = self.primary(rest)
                return _read(path), _after(rest, "as", "«class utf8»")
            case ["do", "JavaScript", *rest]:
                source, rest = self.primary(rest)
                window, rest = self.primary(_after(rest, "in", "current", "tab", "of", "window", "id"))
                return self.safari().javascript(source, window, self.within), rest
        return None


def _after(words: list[str], *expected: str) -> list[str]:
    """The words behind those that must come now."""
    if words[: len(expected)] != [*expected]:
        raise _syntax(" ".join(words))
    return words[len(expected) :]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        raise ScriptError(-43, f"File {path} wasn't found.") from None
