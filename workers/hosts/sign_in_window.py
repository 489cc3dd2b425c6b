"""How does the command line have a person sign an account in? By `connectors/sign_in_window.py`, in a process of its own.

`python -m workers.hosts.sign_in_window open PLATFORM ACCOUNT_ID HANDLE ORIGIN` opens it, waits until somebody is signed in,
and prints the handle that the page shows as JSON. `… forget PLATFORM ACCOUNT_ID` removes the profile.
"""

from __future__ import annotations

import asyncio
import json
import sys
from uuid import UUID

from connectors.browser.chromium.driver import forget
from connectors.contract.action import AccountFacts
from connectors.sign_in_window import sign_in
from shared.errors import CallsheetError
from shared.logging import configure
from shared.settings import load_settings


def main(arguments: list[str]) -> None:
    """Do one of the two, and print the result.

    Raises:
        CallsheetError: it did not work.
    """
    settings = load_settings()
    configure(settings, "window")
    match arguments:
        case ["open", platform, account_id, handle, origin]:
            account = AccountFacts(str(UUID(account_id)), platform, handle, origin, credentials={})
            said: dict[str, object] = {"signed_in_as": asyncio.run(sign_in(settings, account))}
        case ["forget", platform, account_id]:
            said = {"forgotten": forget(settings, platform, str(UUID(account_id)))}
        case _:
            sys.exit(__doc__)
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CallsheetError as error:
        sys.exit(f"callsheet: {error}")
