"""Does a locked package have a known vulnerability? Asks the Python packaging project's advisories, by `pip-audit`.

Exit code 1 for a known vulnerability. Where the advisories cannot be reached, that is reported, and no more: a machine
without network can still check everything else.
"""

from __future__ import annotations

import json
import subprocess
import sys

LONGEST_S = 120


def main(requirements: str) -> int:
    """Ask, and print the result."""
    words = ["pip_audit", "--requirement", requirements, "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        asked = subprocess.run(  # noqa: S603 - our own words, no shell
            [sys.executable, "-m", *words], capture_output=True, text=True, check=False, timeout=LONGEST_S
        )
        packages = json.loads(asked.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        sys.stdout.write("Packages: the advisories could not be asked.\n")
        return 0
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    holes = [(package["name"], package["version"], hole["id"]) for package in packages for hole in package.get("vulns", ())]
    for name, version, hole in holes:
        sys.stdout.write(f"{name} {version}: {hole}\n")
    known = len(packages) - len(unknown)
    sys.stdout.write(f"Packages: {known} looked up, {len(unknown)} not known there, {len(holes)} known holes.\n")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
