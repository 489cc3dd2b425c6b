"""Which methods does an address have? All of them: the framework itself would name those of one route only."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """The methods of every route that has this address."""
    routes: list[APIRoute] = app.state.routes
    return sorted({method for route in routes if route.path_regex.match(path) for method in route.methods or ()})
