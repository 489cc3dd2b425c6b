"""A stand-in for macOS' `osascript -`: reads AppleScript from standard input and sends its events to the stand-in Safari.

`CALLSHEET_TEST_SAFARI` is the stand-in's socket. Prints and exits as the real one does.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from applescript import MISSING, ScriptError, printed, run  # type: ignore[import-not-found]


class OverSocket:
    """The Safari that listens on a socket; one connection for each event."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, within: float, **event: Any) -> Any:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(within)
            try:
                line.connect(self.address)
                line.sendall(json.dumps({**event, "by": os.getppid()}).encode() + b"\n")
                answer = b""
                while part := line.recv(1 << 20):
                    answer += part
            except TimeoutError:
                raise ScriptError(-1712, "Safari got an error: AppleEvent timed out.") from None
            except OSError:
                raise ScriptError(-609, "Safari got an error: Connection is invalid.") from None
        told = json.loads(answer)
        if "number" in told:
            raise ScriptError(told["number"], told["message"])
        return told.get("value", MISSING)

    def javascript(self, source: str, window: int, within: float) -> Any:
        return self.ask(within, event="javascript", source=source, window=window)

    def set_url(self, window: int, address: str, within: float) -> None:
        self.ask(within, event="set_url", window=window, address=address)

    def new_document(self, address: str, within: float) -> None:
        self.ask(within, event="new_document", address=address)

    def windows(self, within: float) -> list[int]:
        return list(self.ask(within, event="windows"))

    def close(self, window: int, within: float) -> None:
        self.ask(within, event="close", window=window)

    def launch(self, within: float) -> None:
        self.ask(within, event="launch")


def main() -> None:
    """Do what the command line asks."""
    if sys.argv[1:2] != ["-"]:
        sys.exit("osascript: the product passes every script on standard input")
    source = sys.stdin.buffer.read().decode()
    try:
        value = run(source, sys.argv[2:], OverSocket(os.environ["CALLSHEET_TEST_SAFARI"]))
    except ScriptError as error:
        sys.stderr.write(f"12:34: execution error: {error.message} ({error.number})\n")
        sys.exit(1)
    sys.stdout.buffer.write((printed(value) + "\n").encode())


main()
