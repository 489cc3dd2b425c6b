"""What does the ledger say of a task's outward steps, in the statements that end it? Fragments for a task `t`.

What has a confirmed effect never ends as if nothing had been done (ADR 0047). A task that is `DONE` ends as completed, with
`RESULT`, whoever ends it and why. Any other that ends without the rest says what went out: a trigger adds it.
"""

from __future__ import annotations

from shared.engine.store.type_names import listed
from shared.task_types.registry import TASK_TYPES

# Whether any of its steps is confirmed. What has no account does nothing outside, and is not looked for.
BEGUN = "(t.account_id IS NOT NULL AND EXISTS (SELECT FROM effects e WHERE e.task_id = t.id AND e.outcome = 'confirmed'))"

# Whether everything outward is done: nothing that follows changes anything outside. Of numbered steps only their task knows
# how many there are.
_STEPS = " ".join(
    f"WHEN '{name}' THEN {len(spec.effects)}" for name, spec in TASK_TYPES.items() if spec.effects and not spec.numbered
)
ACTED = (
    "(t.account_id IS NOT NULL AND coalesce((SELECT count(DISTINCT e.step) FROM effects e"
    f" WHERE e.task_id = t.id AND e.outcome = 'confirmed') >= CASE t.type {_STEPS} END, false))"
)

# Whether its result stands in the ledger whole.
DONE = f"(t.type IN ({listed(lambda spec: spec.ends_with_its_step)}) AND {BEGUN})"
RESULT = """(
    SELECT jsonb_build_object(
        'external_id', coalesce(e.external_id, ''), 'external_url', coalesce(e.external_url, ''),
        'proof', (SELECT jsonb_build_object('url', '/api/proofs/' || p.id, 'text', coalesce(e.element, ''))
                  FROM proofs p WHERE p.effect_id = e.id ORDER BY p.id DESC LIMIT 1))
    FROM effects e WHERE e.task_id = t.id AND e.outcome = 'confirmed' LIMIT 1)"""
