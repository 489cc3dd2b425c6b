"""How does the gateway describe itself? OpenAPI 3.1 with an example on every operation, made from the code."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.errors import Problem
from api.examples import EXAMPLES

DESCRIPTION = (
    "Callsheet takes typed tasks, waits until each may run, and does it once. "
    "JSON in snake_case, instants in UTC as RFC 3339, problems as RFC 9457, opaque cursors."
)
REFERENCE = "#/components/schemas/{model}"


def operation_id(route: APIRoute) -> str:
    """Return `<tag>:<verb>`: the domain, by its name in `shared/` and `api/routers/`, and the name of the route's function.

    PEP 8's trailing underscore of a verb that is a Python keyword or builtin is left off: `list_`, `import_`.
    """
    return f"{route.tags[0]}:{route.name.removesuffix('_')}"


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, which is made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, openapi_version="3.1.0"
        )
        schemas = made["components"]["schemas"]
        problem = Problem.model_json_schema(ref_template=REFERENCE)
        schemas.update(problem.pop("$defs"), Problem=problem)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for path in made["paths"].values():
            for operation in path.values():
                _add_examples(operation)
                operation["summary"] = operation["description"].partition("\n")[0]  # FastAPI would use the function's name
        app.openapi_schema = made
    return app.openapi_schema


def _add_examples(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if status.startswith("2") and name in EXAMPLES:
                content["example"] = EXAMPLES[name]
