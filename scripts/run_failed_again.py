"""Did a few tests fail by chance? Runs them once more, each alone, after a whole run that is otherwise sound.

Used by CI: `python -m scripts.run_failed_again REPORT`, with the report that `tests/support/run_report.py` wrote. Tests that
pass the second time are printed under FLAKY with what they failed with first, and those in which a process died, which the
run itself has run again, after CRASHED: whoever sees such a line mends it next.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.crashes import left_behind
from tests.support.run_report import RunReport, read_report

MOST = 3
MOST_CRASHES = 2  # as many as the Makefile lets be replaced
TESTS_FAILED = 1  # pytest's own exit code: all was collected and run, and some tests failed
LONGEST_S = 900


def refusal(report: RunReport | None) -> str | None:
    """Return why nothing is run again, None where it may be."""
    if report is None:
        return "the run wrote no report"
    if len(report.crashes) > MOST_CRASHES:
        return f"{len(report.crashes)} processes died, at most {MOST_CRASHES} are replaced"
    if report.exit_code != TESTS_FAILED:
        return f"pytest ended with {report.exit_code}"
    if not report.whole:
        return "not every test told its end"
    failed = len(report.errors) + len(report.crashes)
    if not 0 < failed <= MOST:
        return f"{failed} tests failed, at most {MOST} are run again"
    return None


def main(path: Path) -> int:
    """Return 0 where every failed test passes now."""
    report = read_report(path)
    reason = refusal(report)
    if report is None or reason is not None:
        print_evidence(path, report)
        print(f"Nothing is run again: {reason}.", file=sys.stderr)
        return 1
    for test in report.errors:
        command = [sys.executable, "-m", "pytest", "-n", "0", test]
        if subprocess.run(command, check=False, timeout=LONGEST_S).returncode != 0:  # noqa: S603 - ids from our own run
            print(f"It failed again: {test}", file=sys.stderr)
            return 1
    for crash in report.crashes:
        print(crash)
    if report.errors:
        print("FLAKY")
    for test, error in report.errors.items():
        print(f"  {test}: {error}")
    return 0


def print_evidence(path: Path, report: RunReport | None) -> None:
    """Say how processes died, or where they stood when the whole run was ended."""
    for crash in report.crashes if report else ():
        print(crash, file=sys.stderr)
    for process, stack in left_behind(path) if report is None else ():
        print(f"{process} stood here:\n{stack}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
