"""How does a test have people, and how are they signed in? Over HTTP, but for the first one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from pwdlib.hashers.argon2 import Argon2Hasher
from redis import Redis
from sqlalchemy import create_engine, update
from sqlalchemy.pool import NullPool

from shared.db.models import Member
from shared.identity.store import workspaces
from shared.settings import Settings
from tests.support.gateway import Gateway

PASSWORD = "three herons on a fence"


@dataclass(frozen=True)
class SignedIn:
    """A person with tokens; `http` sends the access token."""

    id: str
    email: str
    tokens: dict[str, Any]
    http: httpx.Client


@cache
def _hash() -> str:
    # As cheap as Argon2 gets: a kept hash says itself what checking it costs, 0.2 s with those that the product makes.
    return Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def add_person(settings: Settings, email: str, workspace: str | None = None, role: str = "owner") -> str:
    """A person with the password of all tests, a member of the workspace of this name, which is made where it is missing."""
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        person = workspaces.find_person(connection, email) or workspaces.put_person(connection, email, _hash())
        if workspace is not None:
            where = workspaces.ensure_workspace(connection, workspace)
            workspaces.ensure_owner(connection, where, person)
            same = (Member.person_id == person, Member.workspace_id == where)
            connection.execute(update(Member).where(*same).values(role=role))
    return str(person)


def log_in(gateway: Gateway, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    """The answer to a sign-in."""
    body = {"email": email, "password": password} | more
    return httpx.post(f"{gateway.url}/api/auth/login", json=body, timeout=20, trust_env=False, verify=False)


def signed_in(gateway: Gateway, email: str, workspace: str | None = None, role: str = "owner") -> SignedIn:
    """A person of this role in the workspace of this name, with tokens of their own."""
    person = add_person(gateway.settings, email, workspace, role)
    answer = log_in(gateway, email)
    assert answer.status_code == 200, answer.text
    return SignedIn(person, email, answer.json(), gateway.with_key(answer.json()["access_token"]))


def forget_tries(gateway: Gateway) -> None:
    """As if nobody had tried to sign in."""
    with Redis.from_url(gateway.settings.redis_url) as redis:
        redis.flushdb()
