"""Are parts forked on this machine?

On macOS a process that has loaded the system's frameworks may not go on after a fork without a program of its own; there
each part is started as one.
"""

from __future__ import annotations

import sys

FORKS = sys.platform == "linux"
