"""Does the gateway keep what its OpenAPI document promises, whatever is sent to it?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from jsonschema.validators import Draft202012Validator

from api.examples import EXAMPLES
from api.main import create_app
from shared.settings import Settings
from tests.conftest import USUAL_REQUESTS
from tests.support.gateway import Gateway, serve_apart
from tests.support.people import signed_in
from tests.support.plain import untraced
from tests.support.stack import ROOT

CONFIG = ROOT / "tests/support/schemathesis.toml"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(database) -> dict:
    return create_app(database).openapi()


def operations(document: dict) -> list[dict]:
    return [path[method] for path in document["paths"].values() for method in METHODS if method in path]


def test_every_operation_has_an_example_a_name_and_its_problems(document):
    found = operations(document)
    assert document["openapi"].startswith("3.1")
    assert len({operation["operationId"] for operation in found}) == len(found)
    for operation in found:
        bodies = operation.get("requestBody", {}).get("content", {}).values()
        answers = [c for s, r in operation["responses"].items() if s[0] == "2" for c in r.get("content", {}).values()]
        pictures = "image/png" in operation["responses"].get("200", {}).get("content", {})
        assert any("example" in one or "examples" in one for one in [*bodies, *answers]) or pictures, operation
        assert {"401", "422", "500", "503"} <= operation["responses"].keys()


def test_the_examples_are_what_the_schema_says(document):
    for operation in operations(document):
        contents = [operation.get("requestBody", {}).get("content", {})]
        contents += [response.get("content", {}) for response in operation["responses"].values()]
        for media_type, content in [pair for some in contents for pair in some.items()]:
            examples = [one["value"] for one in content.get("examples", {}).values()]
            examples += [content["example"]] if "example" in content else []
            if media_type != "application/json":
                continue
            schema = content["schema"] | {"components": document["components"]}
            for example in examples:
                jsonschema.validate(example, schema, cls=Draft202012Validator)
    assert EXAMPLES


# Lists named for what their tasks are to the task, what is answered as it was ordered, a host's own word at its door, and
# what is stored in a payload.
NO_IDS_OF_ANSWERS = {
    ("TaskView", "dependencies"),
    ("NeededTasksView", "tasks"),
    ("AfterTaskView", "task"),
    ("Replays", "dependents"),
    ("HostJoined", "workspace"),
    ("InsteadOf", "task"),
}


def test_an_id_has_one_name_wherever_it_is_answered(document):
    bodies = {
        content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        for operation in operations(document)
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for content in response.get("content", {}).values()
    }
    schemas, seen = document["components"]["schemas"], set()

    def ids_in(name: str) -> list[tuple[str, str]]:
        if name in seen or name not in schemas:
            return []
        seen.add(name)
        found = []
        for field, about in schemas[name].get("properties", {}).items():
            said = json.dumps(about)
            if '"format": "uuid"' in said and not (field in {"id", "ids", "subject"} or field.endswith(("_id", "_ids"))):
                found.append((name, field))
            for other in re.findall(r'"#/components/schemas/(\w+)"', said):
                found += ids_in(other)
        return found

    strange = [one for body in sorted(bodies) for one in ids_in(body) if one not in NO_IDS_OF_ANSWERS]
    assert len(seen) > 50
    assert strange == []


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_schemathesis_finds_nothing(database, tmp_path: Path, requests_each: int):
    # What covers each schema's edges sends 12,000 requests: `make fuzz` has the time for it.
    phases = "examples,fuzzing,stateful" if requests_each <= USUAL_REQUESTS else "examples,coverage,fuzzing,stateful"
    with serve_apart(quick(database), tmp_path) as gateway:
        quickly = ("--phases", phases, "--max-examples", str(requests_each))
        hooks = {"SCHEMATHESIS_HOOKS": "tests.support.schemathesis_texts"}
        done = _schemathesis(gateway, gateway.api_key, tmp_path, *quickly, **hooks)
        still = gateway.http.get("/api/me").status_code
    assert done.returncode == 0, done.stdout[-6000:]
    assert still == 200  # it has asked with a good key to the end


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_schemathesis_finds_nothing_as_a_person_either(database, tmp_path: Path, requests_each: int):
    with serve_apart(quick(database), tmp_path) as gateway:
        mara = signed_in(gateway, "mara@example.org", "local")
        # What ends the session that asks would end the run.
        ends = ("sessions:logout", "sessions:revoke", "members:sign_out")
        leaving = [word for operation in ends for word in ("--exclude-operation-id", operation)]
        # The phase that covers each schema's edges asks before anybody is known; the key's run has done it. What leads from
        # one operation to the next is the same for both, and `make fuzz` has the time for it.
        phases = "examples,fuzzing" if requests_each <= USUAL_REQUESTS else "examples,fuzzing,stateful"
        quickly = ("--phases", phases, "--max-examples", str(requests_each))
        named = ("--header", f"X-Workspace: {gateway.workspace_id}")
        hooks = {"SCHEMATHESIS_HOOKS": "tests.support.schemathesis_person"}
        done = _schemathesis(gateway, mara.tokens["access_token"], tmp_path, *named, *leaving, *quickly, **hooks)
        still = mara.http.get("/api/auth/sessions").status_code
    assert done.returncode == 0, done.stdout[-6000:]
    assert still == 200


def quick(database: Settings) -> Settings:
    return database.model_copy(update={"stream_s": 0.05, "log_level": "error", "access_token_s": 3600})


def _schemathesis(
    gateway: Gateway, credential: str, folder: Path, *more: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG)),
        *("run", f"{gateway.url}/openapi.json", "--header", f"Authorization: Bearer {credential}", "--checks", "all", *more),
        *("--workers", "1", "--request-timeout", "20", "--no-color"),
    ]
    environment = untraced() | environment | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
