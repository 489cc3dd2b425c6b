"""A stand-in for macOS' `screencapture -x -o -l WINDOW -t TYPE FILE`: the page of the stand-in Safari's window."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Write the picture; without the window nothing is written, as on a Mac."""
    if arguments[:3] != ["-x", "-o", "-l"] or arguments[4] != "-t" or len(arguments) != 7:
        sys.exit("screencapture: the product asks in one way only")
    asked = {"control": "picture", "window": int(arguments[3]), "type": {"png": "png", "jpg": "jpeg"}[arguments[5]]}
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(20)
        line.connect(os.environ["CALLSHEET_TEST_SAFARI"])
        line.sendall(json.dumps(asked).encode() + b"\n")
        answer = b""
        while part := line.recv(1 << 20):
            answer += part
    if not answer:
        sys.exit("could not create image from window")
    Path(arguments[6]).write_bytes(base64.b64decode(json.loads(answer)["value"]))


main(sys.argv[1:])
