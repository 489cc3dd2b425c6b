"""How are the facts that gates read loaded from the database?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from shared.engine.rules import hours
from shared.engine.rules.cooldown import Cooldown
from shared.engine.rules.dependencies import Dependency
from shared.engine.rules.duplicates import same_person, same_words
from shared.engine.rules.facts import AccountState, Duplicate, Facts, LaneState, ParkedScope, Rest, TaskFacts
from shared.engine.rules.limits import NOTHING, Limits, default_for, from_json
from shared.engine.rules.sleep import Asleep
from shared.engine.store import approvals, children, dependencies, effects
from shared.engine.store.continuity import COMPARED
from shared.engine.store.lanes import SERVED_BY
from shared.engine.store.limits import breakers, budgets, contact_history, credits
from shared.engine.store.limits.contact_history import Contact
from shared.engine.store.limits.credits import LEDGERS, Need
from shared.engine.store.parking import MAKING
from shared.engine.store.rows.task_rows import GatedTask, ListedTask, QueuedTask, TaskRow
from shared.ids import SYSTEM_WORKSPACE
from shared.platform_rules import rules_of
from shared.task_types.registry import TASK_TYPES

# What is held closed of all that these lanes and accounts belong to, each key looked up by itself: of other accounts'
# scopes there may be tens of thousands (measured: 339 ms for 20,000, under the lock of a budget).
_SCOPES = f"""(SELECT jsonb_agg(h) FROM (
               WITH place AS MATERIALIZED ({{places}}),
               own AS MATERIALIZED (
                   SELECT workspace_id, id, persona_id, platform FROM accounts WHERE id = ANY ({{accounts}})),
               whose AS MATERIALIZED (
                   SELECT workspace_id FROM place UNION SELECT workspace_id FROM own UNION SELECT '{SYSTEM_WORKSPACE}'),
               wanted AS MATERIALIZED (
                   SELECT workspace_id, 'all' AS scope FROM whose
                   UNION SELECT workspace_id, 'lane:' || lane FROM place
                   UNION SELECT '{SYSTEM_WORKSPACE}', 'lane:' || lane FROM place
                   UNION SELECT k.* FROM own CROSS JOIN LATERAL (VALUES
                       (workspace_id, 'account:' || id), (workspace_id, 'persona:' || persona_id),
                       (workspace_id, 'platform:' || platform), (workspace_id, 'workspace'),
                       ('{SYSTEM_WORKSPACE}', 'platform:' || platform)) k)
               SELECT s.* FROM wanted CROSS JOIN LATERAL (
                   SELECT workspace_id, key, gate, reason, opens_at FROM scopes c
                   WHERE c.workspace_id = wanted.workspace_id AND c.scope = wanted.scope
                     AND (opens_at IS NULL OR opens_at > clock_timestamp()) OFFSET 0) s
               UNION ALL
               SELECT s.* FROM whose CROSS JOIN LATERAL (
                   SELECT workspace_id, key, gate, reason, opens_at FROM scopes c
                   WHERE c.workspace_id = whose.workspace_id AND gate = 'connection'
                     AND (opens_at IS NULL OR opens_at > clock_timestamp()) OFFSET 0) s) h) AS scopes"""

# One question, one answer: a dispatcher's tick waits for every round trip. To be formatted with what makes the arrays
# of lanes and accounts, and with what selects the places: (workspace_id, lane).
_OWN = (
    """clock_timestamp() AS now,
           (SELECT is_on FROM switches WHERE name = 'kill') AS kill_switch,
           (SELECT jsonb_build_object('wakes_at', z.wakes_at) FROM sleep z
            WHERE z.asked_at IS NOT NULL AND z.asleep_since IS NOT NULL) AS asleep,
           (SELECT jsonb_object_agg(w.id, w.weight) FROM workspaces w WHERE w.weight <> 1) AS weights,
           (SELECT jsonb_agg(a) FROM (
               SELECT a.id, a.state, a.state_reason, a.state_until, a.practice, h.name AS host, h.keeper_seen_at,
                      a.transport, a.persona_id, a.platform, p.zone, to_jsonb(c) AS cooldown,
                      (SELECT jsonb_agg(s.rule) FROM consents s WHERE s.account_id = a.id) AS consents,
                      (SELECT jsonb_object_agg(m.scope, m.document) FROM limits m
                       WHERE m.workspace_id = a.workspace_id AND m.scope IN ('account:' || a.id,
                           'persona:' || a.persona_id, 'platform:' || a.platform, 'workspace')) AS limits,
                      (SELECT min(t.host) FROM attempts t
                       WHERE t.account_id = a.id AND t.outcome = 'lost' AND t.dead_at IS NULL
                         AND t.transport IN ('chromium', 'safari')) AS stranded_on,
                      """
    + MAKING.format(account="a.id")
    + """ AS making
               FROM accounts a JOIN personas p ON p.id = a.persona_id LEFT JOIN hosts h ON h.id = a.host_id
                    LEFT JOIN cooldowns c ON c.account_id = a.id WHERE a.id = ANY ({accounts})) a) AS accounts"""
)
_LANES = f"""(SELECT jsonb_agg(l) FROM (
               SELECT n.name, coalesce(l.concurrency, 1) AS concurrency, {SERVED_BY}
               FROM unnest({{lanes}}) AS n(name) LEFT JOIN lanes l USING (name)) l) AS lanes,
           (SELECT jsonb_agg(o) FROM (
               SELECT lane, type, queued + running AS out FROM lane_load({{lanes}})
               WHERE cardinality({{lanes}}) > 0) o) AS load"""
COLUMNS = f"{_OWN}, {_SCOPES}, {_LANES}, {LEDGERS} AS credits, {breakers.OPEN} AS breakers, {COMPARED}"

_PLACES = """SELECT w.id AS workspace_id, l.name AS lane FROM (
                       SELECT unnest(:workspaces) AS id UNION SELECT workspace_id FROM accounts WHERE id = ANY (:accounts)
                   ) w LEFT JOIN unnest(:lanes) AS l(name) ON true"""
_WORLD = text("SELECT " + COLUMNS.format(lanes=":lanes", accounts=":accounts", places=_PLACES)).bindparams(
    bindparam("accounts", type_=ARRAY(Uuid)),
    bindparam("lanes", type_=ARRAY(Text)),
    bindparam("workspaces", type_=ARRAY(Uuid)),
)


async def load(
    connection: AsyncConnection, *, lanes: Iterable[str], accounts: Iterable[UUID], workspaces: Iterable[UUID] = ()
) -> Facts:
    """Return what gates must know about these lanes and accounts, as of now on PostgreSQL's clock.

    `workspaces` are those of tasks without an account; an account's own need not be named.
    """
    values = {"lanes": sorted(set(lanes)), "accounts": sorted(set(accounts)), "workspaces": sorted(set(workspaces))}
    return read((await connection.execute(_WORLD, values)).one())


def read(row: Row[Any]) -> Facts:
    """Return the facts of a row with `COLUMNS`."""
    return Facts(
        now=row.now,
        kill_switch=bool(row.kill_switch),
        weights={UUID(workspace): weight for workspace, weight in (row.weights or {}).items()},
        accounts={UUID(a["id"]): _account(a) for a in row.accounts or ()},
        lanes=_lanes(row.lanes or (), row.load or ()),
        scopes=tuple(_scope(scope) for scope in row.scopes or ()),
        credits=credits.read(row.credits),
        breakers=breakers.read(row.breakers),
        compared=row.compared,
        asleep=row.asleep and Asleep(_instant(row.asleep["wakes_at"])),
    )


def _account(row: dict[str, Any]) -> AccountState:
    scopes = (f"account:{row['id']}", f"persona:{row['persona_id']}", f"platform:{row['platform']}", "workspace")
    return AccountState(
        state=row["state"],
        reason=row["state_reason"],
        until=_instant(row["state_until"]),
        host=row["host"],
        host_seen_at=_instant(row["keeper_seen_at"]),
        stranded_on=row["stranded_on"],
        practice=row["practice"],
        transport=row["transport"],
        platform=row["platform"],
        zone=row["zone"],
        consents=frozenset(row["consents"] or ()),
        cooldown=_cooldown(row["cooldown"]),
        limits=tuple(_limits(row, scopes)),
        budget_scopes=scopes,
        making=row["making"],
    )


def _cooldown(row: dict[str, Any] | None) -> Cooldown | None:
    if row is None:
        return None
    return Cooldown(row["cause"], datetime.fromisoformat(row["since"]), datetime.fromisoformat(row["until"]), row["share"])


def _limits(row: dict[str, Any], scopes: Sequence[str]) -> Iterator[tuple[str, Limits]]:
    """Yield what holds for an account, from the narrowest scope to the widest; what holds nothing is left out."""
    own = row["limits"] or {}
    for scope in scopes:
        found = from_json(own[scope]) if scope in own else default_for(scope, row["platform"], practice=row["practice"])
        if found != NOTHING:
            yield scope, found


def _lanes(lanes: Iterable[dict[str, Any]], out: Iterable[dict[str, Any]]) -> dict[str, LaneState]:
    load_of: dict[str, int] = {}
    for row in out:
        load_of[row["lane"]] = load_of.get(row["lane"], 0) + messages_of(row["type"], row["out"])
    return {
        row["name"]: LaneState(
            row["name"], row["concurrency"], row["workers"], load_of.get(row["name"], 0), rest_of(row["rest"])
        )
        for row in lanes
    }


def rest_of(said: dict[str, Any] | None) -> Rest | None:
    """Return the pause that a lane's workers report."""
    return None if said is None else Rest(said["reason"], _instant(said["until"]))


def _scope(row: dict[str, Any]) -> ParkedScope:
    return ParkedScope(UUID(row["workspace_id"]), row["key"], row["gate"], row["reason"], _instant(row["opens_at"]))


def _instant(text_of: str | None) -> datetime | None:
    return None if text_of is None else datetime.fromisoformat(text_of)


async def lane_counts(connection: AsyncConnection, names: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Return (queued, running, running in messages) of each lane, over all workspaces."""
    found: dict[str, tuple[int, int, int]] = {}
    query = text("SELECT lane, type, queued, running FROM lane_load(:names)").bindparams(
        bindparam("names", type_=ARRAY(Text))
    )
    for row in (await connection.execute(query, {"names": names})).all():
        queued, running, taken = found.get(row.lane, (0, 0, 0))
        found[row.lane] = (queued + row.queued, running + row.running, taken + messages_of(row.type, row.running))
    return found


async def task_facts(connection: AsyncConnection, rows: Sequence[QueuedTask | ListedTask]) -> dict[UUID, TaskFacts]:
    """Return what gates read of these task rows, with what they still wait for."""
    needed: dict[UUID, list[Dependency]] = {}
    waiting = [row.id for row in rows if row.has_dependencies]
    for row in await dependencies.needed(connection, waiting) if waiting else ():
        needed.setdefault(row.task_id, []).append(row.seen())
    parents = [row.id for row in rows if row.awaits]
    for task, its_children in (await children.still_open(connection, parents)).items() if parents else ():
        needed.setdefault(task, []).extend(its_children)
    people = await contact_history.facts(connection, {row.id: () for row in rows if row.targets or row.recipient})
    found = {row.id: facts_of(row, tuple(needed.get(row.id, ())), people.get(row.id)) for row in rows}
    await _note_open_effects(connection, rows, found)
    for task, need in (await credits.needs(connection, [row.id for row in rows if row.resources.get("credits")])).items():
        found[task] = with_credits(found[task], need)
    return found


async def _note_open_effects(connection: AsyncConnection, rows: Sequence[GatedTask], found: dict[UUID, TaskFacts]) -> None:
    """Set, for each of these, whether it is parked on an effect whose outcome is still open."""
    parked = {row.id: str(key) for row in rows if (key := getattr(row, "wake_key", None)) and key.startswith("effect:")}
    on = {task: UUID(key.removeprefix("effect:")) for task, key in parked.items()}
    if on:
        still = await effects.still_open(connection, sorted(set(on.values())))
        found |= {task: replace(found[task], waits_for_effect=effect) for task, effect in on.items() if effect in still}


def with_credits(facts: TaskFacts, need: Need) -> TaskFacts:
    """Return the facts of a task with the credits that it still needs."""
    return replace(facts, credits=need.amount, credits_at_least=need.at_least, credits_queue=need.queue)


async def recipients(connection: AsyncConnection, aimed: Sequence[tuple[GatedTask, Sequence[str]]]) -> dict[UUID, Contact]:
    """Return the contacts at the other end of tasks that are about to act, by task.

    Each comes with the names under which the list may have the action's real target (`shared.engine.rules.recipients`).
    """
    found = {task.id: names for task, names in aimed if names or task.targets or task.recipient}
    return await contact_history.facts(connection, found)


async def outward_facts(
    connection: AsyncConnection, task: TaskRow, known: Facts, words: str, contact: Contact | None
) -> TaskFacts:
    """Return what safety gates read of a task about to act with these words: its recipient, and what was said before."""
    return await with_words(connection, task, facts_of(task, (), contact), known, words)


def looks_back(task: GatedTask, known: Facts) -> bool:
    """Return whether `recipients` or `outward_facts` read what the task's account has done before."""
    account = known.accounts.get(task.account_id) if task.account_id else None
    return bool(task.recipient) or (TASK_TYPES[task.type].compares_words and account is not None and not account.practice)


async def with_words(
    connection: AsyncConnection, task: TaskRow, facts: TaskFacts, known: Facts, words: str | None = None
) -> TaskFacts:
    """Return the facts of one task, with what its account has said before; its words default to its stored payload's."""
    account = known.accounts.get(task.account_id) if task.account_id else None
    words = task.payload.get("text") if words is None else words
    compared = TASK_TYPES[task.type].compares_words and account is not None and not account.practice
    if facts.duplicate is not None or words is None or not compared:
        return facts
    found = same_words(str(words), await contact_history.sent_texts(connection, task), known.now)
    return facts if found is None else replace(facts, duplicate=Duplicate(*found))


async def count(connection: AsyncConnection, task: TaskFacts, known: Facts) -> Facts:
    """Return the facts with the exact budgets of one task's account."""
    account = known.accounts.get(task.account_id) if task.account_id else None
    if account is None or task.account_id is None or not task.outward:
        return known
    standing = await budgets.standing(connection, task.workspace_id, [account], known.now)
    return replace(known, budgets={task.account_id: standing.for_action(account, task.capability, known.now)})


def facts_of(
    row: GatedTask,
    needed: tuple[Dependency, ...] = (),
    contact: Contact | None = None,
) -> TaskFacts:
    """Return what gates read of one task row; a task by itself, for which no credits are reserved yet."""
    soon = None
    if contact is not None and not contact.practice and row.platform is not None:
        soon = same_person(row.platform, contact.last_at, contact.now)
    spec = TASK_TYPES[row.type]
    not_before: datetime | None = row.not_before
    return TaskFacts(
        id=row.id,
        workspace_id=row.workspace_id,
        type=row.type,
        status=row.status,
        lane=row.lane,
        platform=row.platform,
        account_id=row.account_id,
        capability=spec.capability,
        outward=bool(spec.effects) and not row.acted,
        weight=weight_of(row.type),
        not_before=not_before,
        expires_at=row.expires_at,
        approval_required=row.approval_required,
        payload_hash=row.payload_hash,
        approved_hash=row.payload_hash if approvals.stands(row) else None,
        unfilled=row.unfilled,
        dependencies=needed,
        do_not_contact=None if contact is None else contact.do_not_contact,
        duplicate=soon and Duplicate(*soon),
        run_id=row.run_id,
        credits=row.resources.get("credits", 0),
        runs_asleep=row.runs_asleep,
        hours=hours.from_json(row.hours),
        acted=row.acted,
        at_once=rules_of(row.platform).at_once.get(spec.capability, 0) if spec.takes_place else 0,
    )


def messages_of(task_type: str, tasks: int) -> int:
    """Return how many messages so many tasks of one type and one release are."""
    return ceil(tasks / TASK_TYPES[task_type].batch)


def weight_of(task_type: str) -> float:
    """Return the share of a message that one task of this type is."""
    return 1 / TASK_TYPES[task_type].batch
