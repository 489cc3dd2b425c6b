"""Which methods does an address have? The framework itself would name those of one route only."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """Return the methods of all routes with this address; as in OpenAPI, literal paths win over parameters."""
    found = [route for route in app.state.routes if isinstance(route, APIRoute) and route.path_regex.match(path)]
    fewest = min((len(route.param_convertors) for route in found), default=0)
    same = [route for route in found if len(route.param_convertors) == fewest]
    methods = {method for route in same for method in route.methods or ()}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)
