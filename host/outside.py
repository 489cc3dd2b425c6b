"""Which calls of a host belong to no session? Proofs that a lane is idle, sign-ins, permissions."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from uuid import UUID

from connectors.browser.chromium.driver import forget
from connectors.contract.action import AccountFacts
from connectors.sign_in_window import sign_in
from host.browsers import Browsers, in_thread_to_the_end
from host.lane import Lane
from shared.door import LONGEST_WITHIN_S, Call
from shared.errors import NotConfigured, Transient
from shared.settings import Settings

PERMISSIONS_S = 30.0


class Outside:
    """The calls outside of sessions. Each holds its lane's turn while it touches a browser."""

    def __init__(self, settings: Settings, browsers: Browsers) -> None:
        """Store the browsers."""
        self._settings, self._browsers = settings, browsers

    async def do(self, call: Call, lane: Lane) -> Any:
        """Do one call, and return its value.

        Raises:
            CallsheetError: it did not work.
        """
        try:
            match call.do:
                case "end":
                    return {"ended": await self._end(call, lane)}
                case "permissions":
                    return await _permissions(self._settings)
                case "sign_in":
                    return {"signed_in_as": await self._sign_in(call, lane)}
                case _:
                    return {"forgotten": await self._forget(call, lane)}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Transient(code="bad_call", message=f"The call cannot be read: {error!r}"[:300]) from error

    async def _end(self, call: Call, lane: Lane) -> bool:
        """Return whether it is proved that nothing up to this token runs on the lane, nor ever will."""
        account = call.given.get("account_id")
        account_id = None if account is None else str(UUID(account))
        lane.refuse_up_to(call.token)
        try:
            await _turn(lane, call.within)
        except Transient:
            return False
        try:
            return await in_thread_to_the_end(self._browsers, lane.place.transport, lane.place.platform, account_id)
        finally:
            lane.turn.release()

    async def _sign_in(self, call: Call, lane: Lane) -> str:
        account = _account(call, lane)
        await _turn(lane, call.within)
        try:
            async with asyncio.timeout(LONGEST_WITHIN_S):
                return await sign_in(self._settings, account)
        except TimeoutError as error:
            raise Transient(code="nobody_signed_in", message="Nobody was signed in in time.") from error
        finally:
            lane.turn.release()

    async def _forget(self, call: Call, lane: Lane) -> bool:
        account = _account(call, lane)
        await _turn(lane, call.within)
        try:
            return await asyncio.shield(asyncio.to_thread(forget, self._settings, account.platform, account.id))
        finally:
            lane.turn.release()


async def _turn(lane: Lane, within: float) -> None:
    try:
        async with asyncio.timeout(min(within, LONGEST_WITHIN_S)):
            await lane.turn.acquire()
    except TimeoutError as error:
        raise Transient(code="lane_busy", message=f"Something else runs on {lane.place.name}.") from error


def _account(call: Call, lane: Lane) -> AccountFacts:
    said = call.given
    if lane.place.transport != "chromium" or lane.place.platform != said["platform"]:
        raise Transient(code="wrong_lane", message="Only Chromium has profiles of accounts, each on its platform's lane.")
    account_id = str(UUID(said["account_id"]))
    return AccountFacts(
        account_id, lane.place.platform, str(said.get("handle", "")), str(said.get("origin", "")), credentials={}
    )


async def _permissions(settings: Settings) -> Any:
    """Read them in a process of its own: a question that waits on the screen must hold up nobody else.

    Raises:
        Transient: macOS gave no answer in time.
        NotConfigured: they cannot be read.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.browser.safari.permissions",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=settings.environment_for("question"),
    )  # fmt: skip
    try:
        async with asyncio.timeout(PERMISSIONS_S):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise Transient(code="permissions_unknown", message="macOS gave no answer: look at the Mac's screen.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise NotConfigured(code="permissions_unknown", message="The permissions could not be looked at. Run make setup.")
    return json.loads(said)
