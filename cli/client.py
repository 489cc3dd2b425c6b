"""How does the command line call the gateway?"""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx

from cli.local.secret import read_json
from shared.errors import (
    CallsheetError,
    NotConfigured,
    NotFound,
    RequestRefused,
    Transient,
)
from shared.settings import Settings


class Client:
    """The gateway, as the owner of this home sees it. Use it as a context manager."""

    def __init__(self, settings: Settings) -> None:
        """Read the address and the key from `credentials.json`.

        Raises:
            NotConfigured: the home has none yet.
        """
        kept = read_json(settings.home / "credentials.json")
        if not kept.get("url") or not kept.get("api_key"):
            raise NotConfigured(
                setting="CALLSHEET_HOME",
                message=f"There are no credentials in {settings.home}. `callsheet up` makes them at its first start.",
            )
        self.url: str = kept["url"]
        self.api_key: str = kept["api_key"]
        headers = {"Authorization": f"Bearer {self.api_key}"}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=35, trust_env=False)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: object) -> Any:
        """Return the answer to a GET; query values that are None or empty are left out.

        Raises:
            NotFound, RequestRefused: the gateway's reason, in one line.
            Transient: the gateway does not answer.
        """
        asked = {name: str(value) for name, value in query.items() if value not in {None, ""}}
        return self._send("GET", path, params=asked)

    def post(self, path: str, body: object = None, *, key: str = "") -> Any:
        """Return the answer to a POST, with `key` as its Idempotency-Key; errors as `get`."""
        return self._send("POST", path, json=body, headers={"Idempotency-Key": key} if key else {})

    def patch(self, path: str, body: object) -> Any:
        """Return the answer to a PATCH; errors as `get`."""
        return self._send("PATCH", path, json=body)

    def delete(self, path: str) -> Any:
        """Return the answer to a DELETE, None when it is empty; errors as `get`."""
        return self._send("DELETE", path)

    def _send(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise Transient(
                code="no_gateway", message=f"The gateway at {self.url} does not answer. `callsheet up` starts it."
            ) from error
        if answer.is_error:
            raise problem_in(answer)
        return answer.json() if answer.content else None


def problem_in(answer: httpx.Response) -> CallsheetError:
    """Return the error that an RFC 9457 problem document describes, as one line."""
    problem: dict[str, Any] = {}
    with suppress(ValueError):
        found = answer.json()
        problem = found if isinstance(found, dict) else {}
    said = str(problem.get("detail") or problem.get("title") or answer.reason_phrase or "no reason given")
    for part in problem.get("errors") or []:
        if isinstance(part, dict) and part.get("message") != said:  # with only one fault, the detail already says it
            said += f" {part.get('field', '')}: {part.get('message', '')}"
    kinds: dict[int, type[CallsheetError]] = {404: NotFound, 503: Transient}
    kind = kinds.get(answer.status_code, RequestRefused)
    return kind(code=str(problem.get("code") or answer.status_code), message=" ".join(said.split()))
