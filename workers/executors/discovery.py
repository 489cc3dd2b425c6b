"""How is a `discovery` done? By searching on the account's pages; nothing is written there."""

from __future__ import annotations

from dataclasses import asdict

from connectors.contract.reading import PostsReading, Search
from shared.task_types.discovery import SPEC, DiscoveryPayload, DiscoveryResult, FoundPost
from workers.executors.contract import Executor, Work


async def perform(work: Work[DiscoveryPayload]) -> DiscoveryResult:
    """Search, and return what was found."""
    found: PostsReading = await work.ask(SPEC.capability, Search(work.payload.query, work.payload.limit))
    posts = [FoundPost.model_validate(asdict(post)) for post in found.items]
    return DiscoveryResult(posts=posts, complete=found.complete)


EXECUTOR = Executor(SPEC, perform)
