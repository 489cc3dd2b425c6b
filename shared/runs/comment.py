"""A run comments: posts are chosen among those that its search found, and each gets a comment as a task of its own, once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.accounts.lookup import accounts
from shared.approvals.decide import decide_all
from shared.db import clock
from shared.engine.rules.approval import Asking
from shared.engine.store import tasks
from shared.engine.store.dependencies import NewDependency
from shared.engine.store.limits import contact_history
from shared.engine.store.rows.task_rows import TaskRow
from shared.outward_content import Measure
from shared.runs import repository
from shared.runs.report import nothing_done
from shared.runs.repository import Carrier
from shared.runs.select import Chosen, Known, Selection, names_for, path_of, select
from shared.status import FINISHED
from shared.task_types.comment import SPEC, CommentPayload
from shared.task_types.comment_run import CommentRunPayload, CommentRunResult, RunComment
from shared.task_types.discovery import DiscoveryResult
from shared.tasks.drafting.draft import approval_of
from shared.tasks.drafting.follow_up import draft_follow_up
from shared.tasks.drafting.lane import lane_of_account


async def comment_on_chosen(
    *, engine: AsyncEngine, task: UUID, payload: CommentRunPayload, found: DiscoveryResult, measure: Measure
) -> CommentRunResult | None:
    """Return the run's report once all of its comments are over; None while they are not, or as they are made."""
    async with engine.begin() as connection:
        run = await repository.lock_carrier(connection, task)
        if run is None or run.task.cancel_requested:
            return None
        about = await repository.report(connection, run.run_id)
        if about is None:
            selection = select(found.posts, payload, await _known(connection, run, found, measure))
            about = {"found": len(found.posts), "complete": found.complete, "skipped": dict(selection.skipped)}
            await repository.keep_report(connection, run.run_id, about)
            if selection.chosen:
                await _store(connection, run, selection, payload)
                return None
        made = await repository.parts(connection, run.run_id, SPEC.type)
    if any(one.status not in FINISHED for one in made):
        return None
    message = nothing_done(about["found"], about["skipped"])
    return CommentRunResult(run_id=run.run_id, comments=[_comment(one) for one in made], message=message, **about)


async def _known(connection: AsyncConnection, run: Carrier, found: DiscoveryResult, measure: Measure) -> Known:
    paths = sorted({path_of(post.url) for post in found.posts})
    names = sorted({name for post in found.posts for name in names_for(post)})
    account = await accounts.find_by_id(connection, run.account_id)
    return Known(
        now=await clock.now(connection),
        own=await accounts.own_handles(connection, run.task.workspace_id, run.platform),
        commented=await repository.commented(connection, run.account_id, paths),
        left_alone=await contact_history.listed(connection, run.account_id, names),
        measure=measure,
        disclosure=account.disclosure if run.task.author == "ai" and account is not None else "",
    )


async def _store(connection: AsyncConnection, run: Carrier, selection: Selection, payload: CommentRunPayload) -> None:
    """Store the comments, each approved or waiting as the rules say; the run waits for the end of all of them."""
    now = await clock.now(connection)
    persona = await accounts.persona_of(connection, run.account_id)
    asking = [Asking(persona, run.platform, SPEC.type, run.task.author)] * len(selection.chosen)
    decided = await decide_all(connection, run.task.workspace_id, asking, now)
    place = {
        "lane": await lane_of_account(connection, run.account_id),
        "run_id": run.run_id,
        "max_retries": run.task.max_retries,
    }
    rows = [
        row | place | approval_of(row, decision, now)
        for row, decision in zip(_rows(run.task, selection.chosen, payload, now), decided, strict=True)
    ]
    waits = [NewDependency(run.task.id, row["id"], run.task.workspace_id, until="finished") for row in rows]
    await tasks.insert(connection, rows, waits)


def _rows(run: TaskRow, chosen: Sequence[Chosen], payload: CommentRunPayload, now: datetime) -> list[dict[str, Any]]:
    rows, at = [], now
    for number, one in enumerate(chosen):
        row = draft_follow_up(run, SPEC, CommentPayload(post_url=one.post.url, text=one.text), now)
        if number and payload.spacing_s:
            at += timedelta(seconds=secrets.SystemRandom().uniform(*sorted(payload.spacing_s)))
        later = at if at > now else None
        rows.append(row | {"scheduled_for": later, "not_before": later, "due_at": at})
    return rows


def _comment(row: TaskRow) -> RunComment:
    return RunComment(
        task_id=row.id,
        post_url=row.payload["post_url"],
        text=row.payload["text"],
        status=row.status,
        external_url=(row.result or {}).get("external_url"),
        error=(row.error or {}).get("code"),
    )
