"""How is the gateway put together?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.routing import BaseRoute

from api import errors
from api.first_start import keep_offering
from api.live import Hub
from api.middleware.bounds import Bounds
from api.middleware.context import Context
from api.middleware.head import Head
from api.middleware.metrics import Metrics
from api.openapi import describe, operation_id
from api.places import Places
from api.routers import (
    accounts,
    accounts_oauth,
    approvals,
    audit,
    credits,
    dead_letters,
    do_not_contact,
    effects,
    events,
    events_socket,
    hosts,
    hosts_door,
    inbox,
    invitations,
    keys,
    limits,
    me,
    media,
    members,
    notifications,
    page,
    personas,
    resources,
    runs,
    schedules,
    sessions,
    setup,
    system,
    system_health,
    tasks,
    tasks_actions,
    tasks_scheduler,
    totp,
    webhooks,
    workspaces,
)
from connectors.http.egress import Egress
from connectors.registry import abilities
from shared.clock import SystemClock
from shared.db.database import Database
from shared.db.session import close_idle, connect
from shared.db.wire import Listener, Notifier
from shared.hosts.relay import Relay
from shared.identity.last_use import LastUse
from shared.identity.sessions.token_keys import TokenKeys
from shared.identity.sign_in.passwords import Passwords
from shared.identity.sign_in.throttle import Throttle
from shared.settings import Settings

MODULES = (
    tasks,
    tasks_actions,
    tasks_scheduler,
    schedules,
    runs,
    dead_letters,
    limits,
    resources,
    credits,
    system,
    effects,
    accounts,
    hosts_door,
    hosts,
    setup,
    sessions,
    totp,
    accounts_oauth,
    personas,
    me,
    workspaces,
    members,
    invitations,
    keys,
    events,
    webhooks,
    notifications,
    do_not_contact,
    inbox,
    media,
    approvals,
    audit,
    system_health,
    page,
)
ROUTERS = tuple(module.router for module in MODULES)
POOL_SIZE = 12


def _routes() -> list[BaseRoute]:
    """Return every route. FastAPI reads their signatures at the first request, which takes 0.2 s: once for each process."""
    together = APIRouter(generate_unique_id_function=operation_id)
    for router in ROUTERS:
        together.include_router(router, responses=errors.documented(*errors.EVERYWHERE))
    together.include_router(hosts_door.sockets)
    together.include_router(events_socket.router)  # no HTTP route: it checks credentials itself, and OpenAPI omits it
    return together.routes


ROUTES = _routes()


def create_app(settings: Settings) -> FastAPI:
    """Return the gateway; it connects to nothing before the first request.

    Raises:
        TypeError: a route declares no permission.
        NotConfigured: a setting is wrong.
    """
    engine = connect(settings, "gateway", pool_size=POOL_SIZE)
    notifier, hub, last_use = Notifier(engine), Hub(), LastUse(engine)
    listener = Listener(settings, "gateway", hub.wake)
    database = Database(engine, notifier.hint)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        running = [asyncio.create_task(part.run()) for part in (notifier, listener, last_use)]
        running.append(asyncio.create_task(keep_offering(database, settings.home)))
        running.append(asyncio.create_task(close_idle(engine)))
        yield
        hub.close()
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await app.state.throttle.close()
        await engine.dispose()

    app = FastAPI(
        title="Callsheet",
        version="1",
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        # A redirect to the path with or without its last slash would go to whatever host the request names.
        redirect_slashes=False,
        routes=ROUTES,
    )
    app.openapi = partial(describe, app)  # type: ignore[method-assign]  # the documented way to describe oneself
    app.state.settings = settings
    app.state.database = database
    _prepare_sign_in(app, settings, last_use)
    app.state.abilities = abilities()
    app.state.egress = Egress(settings.egress_networks())
    app.state.hub = hub
    app.state.relay = Relay(settings.redis_url)
    app.state.places = Places(settings.max_streams_each, settings.max_streams)
    app.state.metrics = CollectorRegistry()
    _add_routes(app, settings)
    return app


def _add_routes(app: FastAPI, settings: Settings) -> None:
    app.state.routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    errors.install(app)
    app.add_middleware(Head)
    app.add_middleware(Bounds, settings=settings)
    app.add_middleware(Metrics, registry=app.state.metrics)
    app.add_middleware(Context)


def _prepare_sign_in(app: FastAPI, settings: Settings, last_use: LastUse) -> None:
    """Create what sign-in needs, one of each: they bound what runs at once and count the tries."""
    app.state.last_use = last_use
    app.state.clock = SystemClock()
    app.state.token_keys = TokenKeys(app.state.database.engine, settings.keyring)
    app.state.passwords = Passwords()
    app.state.throttle = Throttle(settings.redis_url, settings.sign_in_tries)
