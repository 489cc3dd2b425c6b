"""Is an account's sign-in at a platform's API still valid, and whose is it? The platform itself is asked."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.contract.reading import HealthReading
from connectors.contract.sign_in import OAuth
from connectors.http.oauth import ask_who
from connectors.http.session import ApiSession
from shared.errors import ActionRequired, AuthExpired

SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class SignInCheck:
    """The `Reader` of an API account's health."""

    oauth: OAuth

    async def read(self, session: ApiSession) -> HealthReading:
        """Ask the platform whose token it is.

        Raises:
            AuthExpired: the platform does not take it; it is refreshed, and asked again.
            ActionRequired: the account has no credentials.
            Transient, RateLimited: the platform did not answer.
        """
        token = session.account.credentials.get("access_token")
        if token is None:
            raise ActionRequired(code="disconnected", message="The account has no credentials: connect it again.")
        who = await ask_who(session.egress, self.oauth, token)
        if who is None:
            raise AuthExpired(message="The platform does not take the account's token.")
        if who.handle.casefold() != session.account.handle.lstrip("@").casefold():
            said = f"The token is {who.handle}'s, the account is {session.account.handle}."
            return HealthReading(who.handle, missing=(SIGN_IN,), code="wrong_account", message=said)
        return HealthReading(who.handle, found=(SIGN_IN,))
