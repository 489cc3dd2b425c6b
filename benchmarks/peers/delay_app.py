"""The usual door in front of Celery: a FastAPI route that calls `delay()`; the peer of a single submit over HTTP."""

from __future__ import annotations

import os

from celery import Celery
from fastapi import FastAPI
from pydantic import BaseModel

queue = Celery("delay", broker=os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0"))
app = FastAPI()


class Order(BaseModel):
    """What a client submits."""

    type: str
    payload: dict[str, str]


class Submitted(BaseModel):
    """What it is answered."""

    id: str


@queue.task(name="noop", ignore_result=True)  # type: ignore[untyped-decorator]  # Celery ships no types
def noop(payload: dict[str, str]) -> None:
    """Do nothing."""


@app.post("/task", status_code=201)
def submit(order: Order) -> Submitted:
    """Hand a task over."""
    return Submitted(id=noop.delay(order.payload).id)
