"""How does a test act without a browser? By a session that is nothing, and an action that counts its calls."""

from __future__ import annotations

from connectors.contract.action import Baseline, Receipt
from shared.errors import Transient


class Warm:
    """A session without a browser."""

    def session(self, account):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *how):
        return None

    def browser_of(self, account_id):
        return None


class Calling:
    """An action that counts its calls, which all succeed, and its preparations; `during` happens in each call.

    What it did cannot be read back just now.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.prepared = 0
        self.deadline = None
        self.during = lambda: None

    async def prepare(self, session, request):
        self.prepared += 1
        return Baseline((), None)

    async def commit(self, session, request, baseline, deadline):
        self.calls += 1
        self.deadline = deadline
        self.during()
        return Receipt(f"m{self.calls}", "https://example.test/m", request.text)

    async def proof(self, session, receipt):
        raise AssertionError  # an effect stands without one

    async def verify(self, session, request, baseline, known):
        raise Transient(code="unreadable", message="The page cannot be read now.")
