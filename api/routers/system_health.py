"""For supervisors and monitoring: is it alive, is it ready, how much work is there?"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel

from api.deps import TheDatabase, TheSettings
from api.errors import MEDIA_TYPE, NOT_READY, PROBLEM
from api.guard import GuardedRoute, public
from shared.system.readiness import Readiness, check_readiness
from shared.system.totals import Totals, count_all

router = APIRouter(tags=["system"], route_class=GuardedRoute, dependencies=[public])


class Alive(BaseModel):
    """The process answers."""

    ok: Literal[True] = True


_NOT_READY: dict[int | str, dict[str, Any]] = {
    NOT_READY: {
        "description": "It cannot take tasks.",
        "model": Readiness,
        "content": {MEDIA_TYPE: {"schema": PROBLEM}},
    }
}
_METRICS: dict[int | str, dict[str, Any]] = {
    HTTPStatus.OK.value: {
        "description": "Prometheus' text format.",
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "callsheet_dispatcher_leads 1.0\n"}},
    }
}


@router.get("/livez")
async def get_liveness() -> Alive:
    """Report that the process answers."""
    return Alive()


@router.get("/readyz", responses=_NOT_READY)
async def get_readiness(response: Response, database: TheDatabase, settings: TheSettings) -> Readiness:
    """Report whether PostgreSQL, its schema, Redis and the dispatcher are all right.

    While PostgreSQL and its schema are, tasks can be submitted: the answer is 200, and `ok` says whether they will also run.
    """
    found = await check_readiness(engine=database.engine, redis_url=settings.redis_url)
    if not found.takes_tasks:
        response.status_code = NOT_READY
    return found


@router.get("/metrics", response_class=Response, responses=_METRICS)
async def get_metrics(request: Request, database: TheDatabase) -> Response:
    """Return numbers for Prometheus."""
    totals = await count_all(engine=database.engine)
    now = CollectorRegistry()
    now.register(_Now(totals))
    text = generate_latest(now) + generate_latest(request.app.state.metrics)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


class _Now(Collector):
    """The numbers that were just counted."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals

    def collect(self) -> list[GaugeMetricFamily]:
        """Return the gauges."""
        found, lane = self._totals, ("lane",)
        tasks = GaugeMetricFamily("callsheet_tasks", "Tasks by state.", labels=("status",))
        for status, count in found.tasks.items():
            tasks.add_metric((status,), count)
        gauges = {
            name: GaugeMetricFamily(f"callsheet_lane_{name}", f"Of each lane: {name}.", labels=lane)
            for name in ("workers", "concurrency", "queued", "running")
        }
        for row in found.lanes:
            for name, gauge in gauges.items():
                gauge.add_metric((row.lane,), getattr(row, name))
        error = GaugeMetricFamily(
            "callsheet_forecast_error_seconds",
            "How far from their forecast the last day's tasks started.",
            labels=("quantile",),
        )
        for quantile, seconds in (("0.5", found.forecasts.median_s), ("0.9", found.forecasts.most_s)):
            if seconds is not None:
                error.add_metric((quantile,), seconds)
        return [
            tasks,
            *gauges.values(),
            error,
            GaugeMetricFamily("callsheet_forecasts_checked", "So many of them had one.", value=found.forecasts.checked),
            GaugeMetricFamily("callsheet_dispatcher_leads", "1 while a dispatcher leads.", value=float(found.leads)),
            GaugeMetricFamily("callsheet_dispatcher_lag_seconds", "How long its last round took.", value=found.lag_s),
            GaugeMetricFamily("callsheet_dispatcher_silent_seconds", "Since it was last heard.", value=found.silent_s),
        ]
