"""What may this process do on this Mac? `python -m workers.permissions` prints it as JSON, for the doctor.

A program of its own: permissions belong to whoever asks, and a question that waits on the screen holds up nobody else.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from connectors.browser.permissions import look

if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(permission) for permission in look()]) + "\n")
