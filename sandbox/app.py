"""How do the practice sites become one web application: every folder with a `routes.py` is a platform?"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, TypeAlias

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

import sandbox
from sandbox.control import Control, bad_input, full
from sandbox.faults import Faults
from sandbox.site import BadInputError, Held, Look, Site
from sandbox.state import FullError, Platform, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from sandbox.truth import TruthLog

MakeRoutes: TypeAlias = "Callable[[Site], list[BaseRoute]]"


def platforms() -> dict[str, tuple[Look, MakeRoutes]]:
    """Find the folders that are a platform: each has a `routes.py` with `LOOK` and `routes(site)`."""
    found = {}
    for module in pkgutil.iter_modules(sandbox.__path__):
        if module.ispkg:
            site = importlib.import_module(f"sandbox.{module.name}.routes")
            found[site.LOOK.name] = (site.LOOK, site.routes)
    return found


def create_app(log: TruthLog, held: Held) -> Starlette:
    """Assemble all practice sites over one truth log."""
    known = platforms()
    faults = Faults()
    world = World(log, {name: Platform(name, look.make_post) for name, (look, _) in known.items()})
    sites = {name: Site(look, world.platforms[name], world, faults, held) for name, (look, _) in known.items()}
    mounts: list[BaseRoute] = [
        Mount(f"/{name}", routes=[*shared_routes(site), *known[name][1](site)]) for name, site in sites.items()
    ]
    return Starlette(
        routes=[Route("/", front_door(list(sites))), *Control(world, faults, sites).routes(), *mounts],
        exception_handlers={BadInputError: bad_input, FullError: full, OSError: full},
    )


def shared_routes(site: Site) -> list[BaseRoute]:
    """Answer the routes that every practice site has."""
    return [
        Route("/_static/{name}", site.file),
        Route("/_signin", site.sign_in),
        Route("/api/login", site.sign_in, methods=["POST"]),
    ]


def front_door(names: list[str]) -> Callable[[Request], Response]:
    """Answer the page that leads to the practice sites."""
    links = "".join(f'<li><a href="/{name}/">{name}</a></li>' for name in sorted(names))

    def door(request: Request) -> Response:  # noqa: ARG001 - an endpoint's shape
        return HTMLResponse(f"<!doctype html><title>Practice platforms</title><h1>Practice platforms</h1><ul>{links}</ul>")

    return door
