"""Which names does nothing bear any more? The words that were witty; what is better instead stands beside each.

A name is the field's standard term, and says what the thing is to somebody who has not read the code.
"""

from __future__ import annotations

OLD = {
    "again": "duplicates",
    "asked": "a noun",
    "beside": "follow_up",
    "bring_in": "import_list",
    "contacts": "do_not_contact",
    "courier": "webhook_sender",
    "desk": "database",
    "door": "login_context; the word is for the connection of a joined host",
    "drift": "locator_drift",
    "effect": "outward_step",
    "end_with_app": "disable",
    "foresee": "write_forecasts",
    "heard": "opt_out",
    "herald": "notification_sender",
    "hold": "pause_scope; lock, where a row is meant",
    "insist": "retry_write",
    "intents": "intent_batcher",
    "interactions": "inbox",
    "leave_alone": "add",
    "look": "due_checks, check",
    "looks": "due_checks, checks",
    "lost": "lost_attempts",
    "mac_use": "mac_in_use",
    "once": "idempotency",
    "one_host": "get",
    "ordered": "system_task",
    "outward": "webhooks, notifications",
    "place": "lane",
    "promise": "reserve_credits",
    "rounds": "loop",
    "said": "a noun",
    "sealed": "encrypted_columns",
    "show": "get; view_…",
    "shown": "a noun",
    "unserved": "unserved_lanes",
    "wanted": "a noun",
    "whom": "recipients",
    "window": "sign_in_window",
    "world": "facts",
}
