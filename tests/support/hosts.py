"""How does a test have a host that joined?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.gateway import Gateway


@dataclass(frozen=True)
class Joined:
    """A host with a credential of its own."""

    id: str
    name: str
    workspace: str
    credential: str

    def at_the_door(self, gateway: Gateway) -> int:
        """How the gateway answers to its credential: 404 to one that is good, as there is no such file."""
        headers = {"Authorization": f"Bearer {self.credential}"}
        address = f"{gateway.url}/api/hosts/door/files/{self.id}"
        return httpx.get(address, headers=headers, timeout=20, trust_env=False, verify=False).status_code


def offer(http: httpx.Client, name: str) -> dict[str, Any]:
    """A host with its token."""
    answer = http.post("/api/hosts", json={"name": name})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def join(gateway: Gateway, http: httpx.Client, name: str) -> Joined:
    """A host of the workspace of `http` that joins now."""
    made = offer(http, name)
    answer = httpx.post(
        f"{gateway.url}/api/hosts/join", json={"token": made["token"]}, timeout=20, trust_env=False, verify=False
    )
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said.keys() == {"host", "workspace", "credential"}
    return Joined(made["id"], said["host"], said["workspace"], said["credential"])
