"""Are operations called by one rule? Clients are made from their ids: `<tag>:<verb>`, and the tag is a domain."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from api.main import ROUTERS
from api.openapi import operation_id
from tests.support.old_names import OLD

ROOT = Path(__file__).resolve().parents[3]
OPERATIONS = [
    route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute) and route.include_in_schema
]
# What is not a domain in `shared/`: the engine, the database and the kernel of both.
NO_DOMAINS = {"db", "engine", "store", "task_types"}
DOMAINS = {
    path.stem
    for path in (ROOT / "shared").rglob("*")
    if (path.suffix == ".py" or path.is_dir()) and not NO_DOMAINS & set(path.relative_to(ROOT / "shared").parts)
}
# The first word of each verb. A new one is the field's standard word, or the word that the documents use.
VERBS = """
    accept add approve cancel check confirm connect create decide delete disable disconnect download enroll explain export
    finish get import join list login logout mark order pause redeliver refresh reject remove replay resolve resume retry
    revoke schedule send set sign sleep start stream submit test update upload verify wake
"""


@pytest.mark.parametrize("route", OPERATIONS, ids=lambda route: f"{min(route.methods)} {route.path_format}")
def test_an_operation_is_called_by_its_domain_and_a_known_verb(route: APIRoute):
    made = re.fullmatch(r"([a-z]+(?:_[a-z]+)*):(([a-z]+)(?:_[a-z]+)*)", operation_id(route))

    assert made is not None
    tag, verb, first = made.groups()
    assert route.tags == [tag]
    assert tag in DOMAINS
    assert first in VERBS.split()
    assert not {tag, verb, first} & OLD.keys()


@pytest.mark.parametrize("route", OPERATIONS, ids=operation_id)
def test_a_route_stands_in_the_file_of_its_domain(route: APIRoute):
    file = route.endpoint.__module__.removeprefix("api.routers.")

    assert file == route.tags[0] or file.startswith(f"{route.tags[0]}_")


def test_no_two_operations_are_called_alike():
    counted = Counter(map(operation_id, OPERATIONS))

    assert len(counted) > 100
    assert [name for name, times in counted.items() if times > 1] == []
