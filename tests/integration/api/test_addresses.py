"""Does every address that a client gives go through the one client for addresses from outside?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.main import create_app
from tests.support.gateway import Gateway

# Each field that takes an address, and what keeps it from being called for somebody. A new one fails until it stands here.
KNOWN = {
    "WebhookBody.url": "egress",
    "WebhookPatch.url": "egress",
    "NotificationBody.target": "egress",
    "NotificationPatch.target": "egress",
    "BrowserAccountBody.host": "the name of a host of the workspace, which dials out to us",
    "hosts:revoke.host": "an id",
    "hosts:get.host": "an id",
    "hosts:mark_gone.host": "an id",
    "CommentPayload.post_url": "must be on the account's own site (`shared/tasks/drafting/address.py`)",
}
_NAMES = re.compile(r"url|uri|href|link|address|endpoint|callback|origin|redirect|target|proxy|host", re.IGNORECASE)
_INSIDE = (
    "https://169.254.169.254/latest",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://localhost/",
    "http://example.org/",
)


def asked_for(document: dict[str, Any]) -> set[str]:
    """The models that a client sends, with all that stand in them."""
    schemas = document["components"]["schemas"]
    bodies = [
        operation["requestBody"]
        for path in document["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    found: set[str] = set()
    todo = list(names_in(bodies))
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += names_in(schemas[name])
    return found


def names_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for value in part.values():
            yield from names_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from names_in(value)


def test_every_field_that_takes_an_address_is_known(database):
    document = create_app(database).openapi()
    schemas = document["components"]["schemas"]
    found = {
        f"{model}.{name}"
        for model in asked_for(document)
        for name, field in schemas[model].get("properties", {}).items()
        if _NAMES.search(name) or "://" in str(field.get("pattern", "")) or '"format": "uri' in str(field)
    }
    found |= {
        f"{operation['operationId']}.{parameter['name']}"
        for path in document["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", ())
        if _NAMES.search(parameter["name"])
    }
    assert found == KNOWN.keys()


@pytest.mark.parametrize("address", _INSIDE)
def test_an_address_of_the_inside_is_refused_when_it_is_saved_and_when_it_is_changed(module_gateway: Gateway, address: str):
    """CVE-2026-34590: the check that a change had was missing where it was made."""
    made = module_gateway.post("/api/webhooks", {"url": address})
    module_gateway.query(
        "INSERT INTO webhooks (id, workspace_id, url, secret, types, cursor)"
        " SELECT gen_random_uuid(), workspace_id, 'https://hooks.test/', 'x', '{}', 0 FROM accounts LIMIT 1"
    )
    webhook = module_gateway.query("SELECT id FROM webhooks LIMIT 1")[0]["id"]
    changed = module_gateway.http.patch(f"/api/webhooks/{webhook}", json={"url": address})
    target = address.replace("http", "json", 1)
    module_gateway.query(
        "INSERT INTO notifications (id, workspace_id, name, target, shown, types, cursor)"
        " SELECT gen_random_uuid(), workspace_id, 'n', 'x', 'x', '{}', 0 FROM accounts LIMIT 1"
    )
    notification = module_gateway.query("SELECT id FROM notifications LIMIT 1")[0]["id"]
    moved = module_gateway.http.patch(f"/api/notifications/{notification}", json={"target": target})
    notified = module_gateway.post("/api/notifications", {"name": "n", "target": target})
    for answer in (made, changed, notified, moved):
        assert (answer.status_code, answer.json()["code"]) == (409, "address_refused"), answer.text
