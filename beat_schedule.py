"""Which jobs run on a timetable? One row each; every run becomes a task row, unique on (entry, slot).

A slot is the start of each period of `every_s` seconds since 1970 in UTC, so that a restart, a flush of Redis or
another dispatcher repeats nothing; a slot that was missed is made up once, never in a burst. Asleep, only slots of rows
that say `runs_asleep` become tasks.
"""

TIMETABLE = {
    # Proves once in five minutes that timetable, dispatcher, broker and workers still fit together.
    "heartbeat": {"type": "probe", "payload": {"lane": "system"}, "every_s": 300, "priority": 5, "runs_asleep": False},
    # Orders a look at the credits of accounts that are worth one; each account has an hour or more between two looks, unless
    # tasks wait for credits.
    "credits_poll": {"type": "credits_poll", "payload": {}, "every_s": 60, "priority": 1, "runs_asleep": False},
    # Refreshes the tokens of accounts ahead of their end. Asleep nobody acts, and whoever does first refreshes by itself.
    "token_refresh": {"type": "token_refresh", "payload": {}, "every_s": 60, "priority": 2, "runs_asleep": False},
    # Orders a check of each browser account about once a day, one at a time for a lane. Asleep nobody acts on what it finds.
    "accounts_check": {"type": "accounts_check", "payload": {}, "every_s": 300, "priority": 5, "runs_asleep": False},
    # Orders a reading of each inbox as often as its account asks for (`inbox_every_s`), one at a time for a lane.
    "inbox_poll": {"type": "inbox_poll", "payload": {}, "every_s": 60, "priority": 3, "runs_asleep": False},
    # Writes down when what waits is expected to start: /metrics says how far off that was.
    "forecast": {"type": "forecast", "payload": {}, "every_s": 300, "priority": 5, "runs_asleep": False},
    # Removes old idempotency keys, workers that are long gone, deliveries of a month ago; archives finished tasks; lets go
    # of screenshots, evidence and what others wrote when their time is over.
    # Asleep as well: what is kept for so many days is kept no longer.
    "housekeeping": {"type": "housekeeping", "payload": {}, "every_s": 3600, "priority": 5, "runs_asleep": True},
}
