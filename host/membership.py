"""Where does a joined host store its membership? In `host.json` of its home, which only its owner may read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from shared.errors import Invalid, NotConfigured
from shared.private_file import write_private

FILE = "host.json"
SHUT_OUT = 77  # the exit code of a program whose credential is no longer valid: EX_NOPERM of sysexits.h
INSIDE = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Membership:
    """The gateway's address, this machine's id as a host, and the credential that it shows."""

    url: str
    host: str
    credential: str = field(repr=False)
    workspace: str = ""


def require_private(url: str) -> str:
    """Return the address without a slash at its end, if nobody on the network can read the traffic.

    Raises:
        Invalid: it is no address, or plain http beyond this machine.
    """
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in INSIDE)):
        raise Invalid(field="url", message="Say where the gateway is, as `https://…`: a credential goes over that line.")
    return url.rstrip("/")


def keep_membership(home: Path, membership: Membership) -> None:
    """Store it (mode 600), replacing what was there."""
    home.mkdir(parents=True, exist_ok=True)
    write_private(home / FILE, json.dumps(asdict(membership), indent=2) + "\n")


def is_joined(home: Path) -> bool:
    """Return whether this machine has joined as a host with a door."""
    try:
        find_membership(home)
    except NotConfigured:
        return False
    return True


def find_membership(home: Path) -> Membership:
    """Return what `callsheet host join` has stored.

    Raises:
        NotConfigured: this machine has not joined, or joined before hosts had a door.
    """
    try:
        kept = json.loads((home / FILE).read_text())
        return Membership(
            url=require_private(str(kept["url"])),
            host=str(kept["host"]),
            credential=str(kept["credential"]),
            workspace=str(kept.get("workspace", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"There is no membership in {home}: `callsheet host add NAME` on the installation prints what joins this one."
        )
        raise NotConfigured(setting="CALLSHEET_HOME", message=message) from error
