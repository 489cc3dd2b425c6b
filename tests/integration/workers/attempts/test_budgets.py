"""Is a budget exact while many want to act at once, and is what is full parked once for everybody behind it?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.contract.action import Baseline, Request
from connectors.registry import MANIFESTS
from shared.db.events import as_json
from shared.db.models import Account, Task
from shared.db.session import connect
from shared.engine.rules.ledger import counted
from shared.engine.rules.limits import ANY, Limits, Rule, Spacing, to_json
from shared.engine.store import attempts, effects, facts, tasks
from shared.engine.store.limits import budgets
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.identity.bootstrap import bootstrap_local
from shared.outward_content import CommentContent, read_content
from shared.settings import Role, Settings
from tests.support import work
from tests.support.claimed import claimed_account, claimed_task
from workers.attempts.intent import Attempted, Intent, ProposedCall, intend_all
from workers.attempts.intent_batcher import IntentBatcher
from workers.attempts.park_budgets import park_full
from workers.interrupted import GateClosed

HERE = attempts.Process("here", 1, None)
_ATTEMPT = """
    INSERT INTO attempts (workspace_id, task_id, account_id, kind, lane, release_seq, host, pid, pid_started_at,
                          deadline_at, lease_until)
    SELECT workspace_id, id, account_id, 'perform', lane, 1, 'here', 1, 1, now() + interval '1 hour',
           now() + interval '1 hour'
    FROM tasks WHERE id = %s RETURNING id
"""


class Place:
    """A database with practice accounts, and the owner's connection to it."""

    def __init__(self, settings: Settings, owner: psycopg.Connection) -> None:
        self.settings = settings
        self.owner = owner

    def query(self, statement: str, **values: object) -> list[dict]:
        cursor = self.owner.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def limit(self, scope: str, limits: Limits) -> None:
        self.query(
            "INSERT INTO limits (workspace_id, scope, document)"
            " SELECT workspace_id, %(scope)s, %(limits)s FROM accounts LIMIT 1",
            scope=scope,
            limits=as_json(to_json(limits)),
        )

    def running(
        self, platform: str, kind: str = "comment", text: str = "x", account: dict | None = None
    ) -> tuple[dict, int]:
        """A task that an attempt has claimed, up to its outward step."""
        account = account or self.query("SELECT * FROM accounts WHERE platform = %(platform)s", platform=platform)[0]
        payload = {"post_url": "http://127.0.0.1/p", "text": text} if kind == "comment" else {"to": "maple", "text": text}
        row = work.row(account, kind, payload, "system", recipient="maple" if kind == "dm" else None)

        async def store() -> None:
            async with self.engine("owner") as engine, engine.begin() as connection:
                await tasks.insert(connection, [row])

        asyncio.run(store())
        self.query("ALTER TABLE tasks DISABLE TRIGGER guard_task_status")
        self.query("UPDATE tasks SET status = 'running', release_seq = 1 WHERE id = %(id)s", id=row["id"])
        self.query("ALTER TABLE tasks ENABLE TRIGGER guard_task_status")
        return row, self.owner.execute(_ATTEMPT, [row["id"]]).fetchone()["id"]

    @asynccontextmanager
    async def engine(self, role: Role = "worker") -> AsyncIterator[AsyncEngine]:
        engine = connect(self.settings, role, pool_size=12)
        yield engine
        await engine.dispose()

    async def claimed(self, engine: AsyncEngine, row: dict, attempt: int) -> ClaimedTask:
        async with engine.connect() as connection:
            [task] = (await connection.execute(select(Task.__table__).where(Task.id == row["id"]))).mappings()
            of_account = select(Account.__table__).where(Account.id == row["account_id"])
            [account] = (await connection.execute(of_account)).mappings()
        return claimed_task(task, claimed_account(account), attempt_id=attempt)

    async def intend(self, engine: AsyncEngine, row: dict, attempt: int) -> object:
        """Write the intent of a claimed task; answers it, or why the gate was closed."""
        task = await self.claimed(engine, row, attempt)
        request = Request(str(row["id"]), read_content(row["type"], row["payload"]["text"], None), "key")
        capability = MANIFESTS[row["platform"]].capability(row["type"], "chromium")
        asked = ProposedCall(Attempted(attempt, task, row["type"]), request, Baseline((), None), capability)
        (answer,) = await intend_all(engine, self.settings, HERE, [asked])
        return answer if isinstance(answer, Intent) else answer.message if isinstance(answer, GateClosed) else str(answer)

    async def asked(self, engine: AsyncEngine, row: dict, attempt: int, **other: object) -> ProposedCall:
        """What an attempt asks for; `other` stands in its request instead of the task's own."""
        task = await self.claimed(engine, row, attempt)
        request = replace(Request(str(row["id"]), read_content(row["type"], row["payload"]["text"], None), "key"), **other)
        capability = MANIFESTS[row["platform"]].capability(row["type"], "chromium")
        return ProposedCall(Attempted(attempt, task, row["type"]), request, Baseline((), None), capability)

    def intend_all(self, claimed: list[tuple[dict, int]]) -> list[object]:
        """All at once."""

        async def go() -> list[object]:
            async with self.engine() as engine:
                return await asyncio.gather(*(self.intend(engine, row, attempt) for row, attempt in claimed))

        return asyncio.run(go())


@pytest.fixture
def place(database: Settings) -> Iterator[Place]:
    bootstrap_local(database, ["instagram", "tiktok"])
    address = database.database_url_for("owner").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as owner:
        owner.execute("UPDATE hosts SET keeper_seen_at = now() + interval '1 hour'")
        yield Place(database, owner)


def test_of_many_at_once_exactly_so_many_act_as_the_rule_lets(place: Place):
    persona = place.query("SELECT persona_id FROM accounts LIMIT 1")[0]["persona_id"]
    place.limit(f"persona:{persona}", Limits((Rule(ANY, 3600, 7),)))
    claimed = [place.running(platform) for _ in range(12) for platform in ("instagram", "tiktok")]
    answers = place.intend_all(claimed)
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert len(answers) - len(refused) == 7
    assert set(refused) == {"budgets: 7 of 7 actions within 1 h are used"}
    assert place.query("SELECT count(*) AS n FROM effects")[0]["n"] == 7
    parked = place.query("SELECT key, gate, opens_at > now() + interval '59 minutes' AS far FROM scopes")
    assert parked == [{"key": f"persona:{persona}#*", "gate": "budgets", "far": True}]


def test_of_many_in_the_same_transactions_exactly_so_many_act_as_the_rule_lets(place: Place):
    account = place.query("SELECT id FROM accounts WHERE platform = 'instagram'")[0]["id"]
    place.limit(f"account:{account}", Limits((Rule("comment", 3600, 7), Rule(ANY, 60, 50))))
    claimed = [place.running("instagram") for _ in range(24)]

    async def go() -> list[object]:
        async with place.engine() as engine:
            processes = [IntentBatcher(engine, place.settings, HERE) for _ in range(2)]
            asked = [await place.asked(engine, *one) for one in claimed]
            calls = (processes[number % 2].write(one) for number, one in enumerate(asked))
            return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(go())
    refused = [answer.message for answer in answers if isinstance(answer, GateClosed)]
    assert [isinstance(answer, Intent) for answer in answers].count(True) == 7
    assert refused == ["budgets: 7 of 7 comment actions within 1 h are used"] * 17
    assert place.query("SELECT count(*) AS n FROM effects")[0]["n"] == 7
    assert [row["key"] for row in place.query("SELECT key FROM scopes")] == [f"account:{account}#comment"]
    told = place.query("SELECT count(*) AS n FROM task_events WHERE type = 'effect.intended'")
    # Few transactions: the first of each process alone, the others together.
    assert told[0]["n"] == 7
    assert place.query("SELECT count(DISTINCT xmin::text) AS n FROM effects")[0]["n"] <= 4


def test_of_many_accounts_in_the_same_transactions_exactly_so_many_act_as_their_workspaces_rule_lets(place: Place):
    place.limit("workspace", Limits((Rule(ANY, 3600, 7), Rule("comment", 86_400, 100))))
    accounts = place.query(
        "INSERT INTO accounts (id, workspace_id, persona_id, host_id, platform, handle, transport, origin, practice)"
        " SELECT uuidv7(), workspace_id, persona_id, host_id, platform, 'demo-' || n, transport, origin, practice"
        " FROM accounts, generate_series(1, 18) n WHERE platform = 'tiktok' RETURNING *"
    )
    place.limit(f"account:{accounts[0]['id']}", Limits((Rule(ANY, 3600, 1),)))
    claimed = [place.running("tiktok", account=account) for account in (accounts[0], *accounts)]

    async def go() -> list[object]:
        async with place.engine() as engine:
            processes = [IntentBatcher(engine, place.settings, HERE) for _ in range(2)]
            asked = [await place.asked(engine, *one) for one in claimed]
            calls = (processes[number % 2].write(one) for number, one in enumerate(asked))
            return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(go())
    assert [isinstance(answer, Intent) for answer in answers].count(True) == 7
    refused = [answer.message for answer in answers if isinstance(answer, GateClosed)]
    assert sorted(set(refused)) == [
        "budgets: 1 of 1 actions within 1 h are used",
        "budgets: 7 of 7 actions within 1 h are used",
    ]
    assert refused.count("budgets: 1 of 1 actions within 1 h are used") == 1
    parked = {row["key"] for row in place.query("SELECT key FROM scopes")}
    assert parked == {f"account:{accounts[0]['id']}#*", "workspace#*"}
    # Few transactions, though each is another account's: the first of each process alone, the others together.
    assert place.query("SELECT count(DISTINCT xmin::text) AS n FROM effects")[0]["n"] <= 4


def test_in_one_transaction_what_is_refused_to_one_holds_up_no_other(place: Place):
    claimed = [place.running("instagram") for _ in range(5)]
    place.query("UPDATE tasks SET cancel_requested = true WHERE id = %(id)s", id=claimed[1][0]["id"])
    place.query("UPDATE attempts SET lease_until = now() WHERE id = %(id)s", id=claimed[2][1])

    async def go() -> list[object]:
        async with place.engine() as engine:
            same = {"target": "one post", "content": CommentContent(text="the same words")}
            asked = [await place.asked(engine, *one, **same) for one in claimed[:4]]
            return await intend_all(engine, place.settings, HERE, [*asked, await place.asked(engine, *claimed[4])])

    answers = asyncio.run(go())
    assert [type(answer).__name__ for answer in answers] == ["Intent", "Cancelled", "LeaseLost", "GateClosed", "Intent"]
    assert answers[3].message.startswith("duplicates:")
    assert place.query("SELECT count(*) AS n FROM effects")[0]["n"] == 2


@pytest.mark.parametrize("seed", range(4))
def test_what_is_counted_in_the_database_is_what_the_ledger_says(place: Place, seed: int):
    random = Random(seed)
    account = place.query("SELECT * FROM accounts WHERE platform = 'instagram'")[0]
    scopes = (f"account:{account['id']}", f"persona:{account['persona_id']}", "platform:instagram", "workspace")
    for scope in scopes:
        rules = [
            Rule(random.choice(("comment", "dm", ANY)), random.choice((60, 600, 3600)), random.choice((0, 1, 5, 9, 40)))
            for _ in range(4)
        ]
        place.limit(scope, Limits(tuple(rules), (Spacing(random.choice(("dm", ANY)), 5, 900),)))
    for _ in range(30):
        _, attempt = place.running("instagram")
        place.query(
            "INSERT INTO effects (id, workspace_id, task_id, attempt_id, account_id, persona_id, platform, step, action,"
            " target, text, fingerprint, baseline, outcome, call_deadline, settled_at)"
            " SELECT gen_random_uuid(), workspace_id, task_id, id, account_id, %(persona)s, 'instagram', 'x', %(action)s,"
            " id::text, '', '', '{}', %(outcome)s, now() + %(wait)s * interval '1 second',"
            " CASE WHEN %(outcome)s IN ('refused', 'absent') THEN now() - %(ago)s * interval '1 second' END"
            " FROM attempts WHERE id = %(attempt)s",
            persona=account["persona_id"],
            action=random.choice(("comment", "dm")),
            outcome=random.choice(("refused", "refused", "absent", "intended", "unknown")),
            wait=random.randint(-60, 60),
            ago=random.randint(0, 4000),
            attempt=attempt,
        )

    async def look() -> tuple[object, ...]:
        async with place.engine() as engine, engine.connect() as connection:
            known = await facts.load(connection, lanes=[], accounts=[account["id"]])
            state = known.accounts[account["id"]]
            ledger = await budgets.ledger(connection, account["workspace_id"], state)
            standing = await budgets.standing(connection, account["workspace_id"], [state], known.now)
            return known.now, state, ledger, standing

    now, state, ledger, standing = asyncio.run(look())
    for action in ("comment", "dm"):
        assert standing.for_action(state, action, now) == counted(state, ledger, action, now)
    rules = [rule for _, limits in state.limits for rule in limits.rules]
    assert len(rules) == 16


def test_an_effect_that_was_absent_gives_its_room_back(place: Place):
    account = place.query("SELECT id FROM accounts WHERE platform = 'instagram'")[0]["id"]
    place.limit(f"account:{account}", Limits((Rule("comment", 3600, 1),)))
    first, second = place.running("instagram"), place.running("instagram")
    (intent,) = place.intend_all([first])
    assert place.query("SELECT count(*) AS n FROM scopes")[0]["n"] == 1

    async def settle() -> None:
        async with place.engine() as engine:
            async with engine.begin() as connection:
                await effects.settle(connection, intent.effect_id, "absent")
            await park_full(engine, await place.claimed(engine, *first))

    asyncio.run(settle())
    assert place.query("SELECT count(*) AS n FROM scopes")[0]["n"] == 0
    assert not isinstance(place.intend_all([second])[0], str)


def test_a_limit_of_nothing_is_parked_for_good_and_holds_no_other_action(place: Place):
    account = place.query("SELECT id FROM accounts WHERE platform = 'instagram'")[0]["id"]
    place.limit(f"account:{account}", Limits((Rule("dm", 3600, 0), Rule("comment", 3600, 5))))
    said = "a limit of 0 lets no dm actions through until somebody changes it"

    answers = [place.intend_all([place.running("instagram", kind)])[0] for kind in ("comment", "dm", "comment", "dm")]

    assert [isinstance(answer, str) for answer in answers] == [False, True, False, True]
    assert {answers[1], answers[3]} == {f"budgets: {said}"}
    assert place.query("SELECT key, reason, opens_at FROM scopes") == [
        {"key": f"account:{account}#dm", "reason": said, "opens_at": None}
    ]


def test_after_an_action_the_scope_pauses_and_a_full_message_budget_holds_no_comment(place: Place):
    account = place.query("SELECT id FROM accounts WHERE platform = 'instagram'")[0]["id"]
    place.limit(f"account:{account}", Limits((Rule("dm", 3600, 1),), (Spacing("comment", 60, 60),)))
    answers = [place.intend_all([place.running("instagram", kind)])[0] for kind in ("dm", "dm", "comment", "comment")]
    assert [isinstance(answer, str) for answer in answers] == [False, True, False, True]
    assert answers[3] == "spacing: a pause since the last action"


def test_a_real_account_has_the_defaults_needs_consent_and_leaves_people_alone(place: Place):
    place.query("UPDATE accounts SET practice = false")
    assert str(place.intend_all([place.running("instagram")])[0]).startswith("policy: needs your consent: Instagram's terms")
    place.query(
        "INSERT INTO consents (account_id, rule, workspace_id, accepted_by) SELECT id, %(rule)s, workspace_id, 'me'"
        " FROM accounts WHERE platform = 'instagram'",
        rule="Instagram's terms of use allow nobody to use it in an automated way without its express permission.",
    )
    # Whatever the hour: the default quiet hours are tried in their own tests.
    place.query("UPDATE personas SET zone = 'UTC'")
    account = place.query("SELECT id FROM accounts WHERE platform = 'instagram'")[0]["id"]
    place.limit(f"account:{account}", Limits())
    place.query(
        "INSERT INTO do_not_contact SELECT id, workspace_id, NULL, NULL, 'maple', 'asked us to stop' FROM accounts LIMIT 1"
    )
    assert place.intend_all([place.running("instagram", "dm")]) == ["do_not_contact: asked us to stop"]
    place.query("DELETE FROM do_not_contact")
    persona = place.query("SELECT persona_id FROM accounts LIMIT 1")[0]["persona_id"]
    place.limit(f"persona:{persona}", Limits())
    assert not isinstance(place.intend_all([place.running("instagram", "comment", "What a light.")])[0], str)
    again = place.intend_all([place.running("instagram", "comment", "What a light.")])[0]
    assert again == "spacing: the same comment was made in the last 24 h"
    # What counts are the words that go out, not the reference that stands for them in the stored payload.
    referring = place.running("instagram", "comment", "{{ tasks.00000000-0000-0000-0000-000000000001.result.text }}")
    referring[0]["payload"] = {"text": "What a light."}
    assert place.intend_all([referring]) == [again]


def test_the_kill_switch_stops_an_intent(place: Place):
    place.query(
        "INSERT INTO scopes (workspace_id, key, gate, reason)"
        " SELECT workspace_id, 'all', 'kill', 'stop' FROM accounts LIMIT 1"
    )
    assert place.intend_all([place.running("instagram")]) == ["system: stop"]


def test_the_gates_of_an_account_are_read_from_its_rows(place: Place):
    account = place.query("SELECT id, workspace_id FROM accounts WHERE platform = 'tiktok'")[0]
    place.limit("platform:tiktok", Limits((Rule("dm", 60, 3),)))
    place.query(
        "INSERT INTO cooldowns VALUES (%(id)s, %(workspace)s, 'failures', 2, now(), now() + interval '2 hours', 0.75)",
        id=account["id"],
        workspace=account["workspace_id"],
    )

    async def load() -> object:
        async with place.engine() as engine, engine.connect() as connection:
            return (await facts.load(connection, lanes=[], accounts=[account["id"]])).accounts[account["id"]]

    state = asyncio.run(load())
    assert state.limits == (("platform:tiktok", Limits((Rule("dm", 60, 3),))),)
    assert (state.cooldown.cause, state.cooldown.share) == ("failures", 0.75)
    assert (state.transport, state.practice, state.consents) == ("chromium", True, frozenset())


@pytest.mark.parametrize(
    ("kind", "handle", "target"),
    [
        ("handle", "maple", "@\uff2d\uff41ple"),
        ("handle", "maple", "https://www.instagram.com/maple/p/C1/"),
        ("domain", "instagram.com", "https://www.instagram.com/p/C1/"),
    ],
)
def test_who_comes_onto_the_list_after_the_release_is_left_alone_at_the_intent(
    place: Place, kind: str, handle: str, target: str
):
    claimed = [place.running("instagram") for _ in range(2)]

    async def intend(one: tuple[dict, int]) -> object:
        async with place.engine() as engine:
            asked = await place.asked(engine, *one, target=target)
            return (await intend_all(engine, place.settings, HERE, [asked]))[0]

    assert isinstance(asyncio.run(intend(claimed[0])), Intent)
    place.query(
        "INSERT INTO do_not_contact (id, workspace_id, kind, handle, reason)"
        " SELECT id, workspace_id, %(kind)s, %(handle)s, 'asked us to stop' FROM accounts LIMIT 1",
        kind=kind,
        handle=handle,
    )
    assert str(asyncio.run(intend(claimed[1]))) == "do_not_contact: asked us to stop"
