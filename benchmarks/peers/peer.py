"""Which queues are we measured beside, how does the documentation of each start its workers, and what does it promise?"""

from __future__ import annotations

from dataclasses import dataclass

ABOUT_AT_ONCE = 64  # tasks that wait for an answer at the same time in a process, where a peer can do that
FORKED_AT_ONCE = 8  # processes for tasks that wait, where each does one at a time


@dataclass(frozen=True, slots=True)
class Promise:
    """What is said about a task whose worker is killed in the midst of it, about doing it twice, and about one at a time."""

    killed: str
    twice: str
    exclusive: str


@dataclass(frozen=True, slots=True)
class Peer:
    """One queue.

    `busy` starts its workers for tasks that compute, `waiting` for tasks that wait, each with `{processes}` of them; a
    command that starts one process alone is started so many times (`each`). `beside` is what it needs
    besides for tasks that are due later. `source` is the page of its documentation by which it is set up.
    """

    name: str
    lock: str  # its environment
    program: str  # with its tasks
    busy: str
    waiting: str
    promise: Promise
    source: str
    each: bool = False
    beside: str = ""
    is_installed_by: str = ""  # the command that makes its tables


_CELERY = "celery --app celery_app --quiet worker --loglevel ERROR"
_HUEY = "huey_consumer huey_app.huey --quiet"
_RQ = "rq worker-pool --quiet --worker-class rq.SimpleWorker"
_AT_ONCE = str(ABOUT_AT_ONCE)
_KILLED, _NONE = "lost: taken from the list before it began", "has none"
_EARLY = Promise(
    "lost: acknowledged before it began",
    "no, unless it or its delay takes longer than an hour",
    f"{_NONE}: a queue with a worker process of its own",
)

PEERS = (
    Peer(
        "Celery",
        "celery",
        "celery_app",
        busy=f"{_CELERY} --concurrency {{processes}}",
        waiting=f"{_CELERY} --pool gevent --concurrency {_AT_ONCE}",
        promise=_EARLY,
        source="https://docs.celeryq.dev/en/stable/userguide/workers.html",
    ),
    Peer(
        "Celery, 128 fetched ahead",
        "celery",
        "celery_app",
        busy=f"{_CELERY} --concurrency {{processes}} --prefetch-multiplier 128",
        waiting=f"{_CELERY} --pool gevent --concurrency {_AT_ONCE} --prefetch-multiplier 128",
        promise=_EARLY,
        source="https://docs.celeryq.dev/en/stable/userguide/optimizing.html",
    ),
    Peer(
        "Huey",
        "huey",
        "huey_app",
        busy=f"{_HUEY} --worker-type process --workers {{processes}}",
        waiting=f"python huey_greenlets.py {_HUEY.partition(' ')[2]} --worker-type greenlet --workers {_AT_ONCE}",
        promise=Promise(_KILLED, "no", "`lock_task`: the second fails"),
        source="https://huey.readthedocs.io/en/latest/consumer.html",
    ),
    Peer(
        "Dramatiq",
        "dramatiq",
        "dramatiq_app",
        busy="dramatiq --skip-logging --processes {processes} dramatiq_app",
        waiting=f"dramatiq --skip-logging --processes {{processes}} --threads {_AT_ONCE} dramatiq_app",
        promise=Promise("done again after a minute", "yes", "`ConcurrentRateLimiter`: the second fails, and is tried again"),
        source="https://dramatiq.io/guide.html",
    ),
    Peer(
        "Taskiq",
        "taskiq",
        "taskiq_app",
        busy="taskiq worker --workers {processes} --log-level ERROR taskiq_app:broker",
        waiting="taskiq worker --workers {processes} --log-level ERROR taskiq_app:broker",
        promise=Promise(_KILLED, "no", _NONE),
        source="https://taskiq-python.github.io/guide/cli.html",
        beside="taskiq scheduler --log-level ERROR --update-interval 1 taskiq_app:scheduler",
    ),
    Peer(
        "RQ",
        "rq",
        "rq_app",
        busy=f"{_RQ} --num-workers {{processes}}",
        waiting=f"{_RQ} --num-workers {FORKED_AT_ONCE}",
        promise=Promise(
            "listed as failed until somebody asks for it again", "no, unless asked", f"{_NONE}: a queue with one worker"
        ),
        source="https://python-rq.org/docs/workers/",
        beside="rq worker --quiet --with-scheduler --worker-class rq.SimpleWorker",
    ),
    Peer(
        "BullMQ",
        "bullmq",
        "bullmq_app.mjs",
        busy=f"bullmq_app.mjs worker {_AT_ONCE}",
        waiting=f"bullmq_app.mjs worker {_AT_ONCE}",
        promise=Promise("done again once it has stalled (30 s)", "yes", "a queue's global concurrency"),
        source="https://docs.bullmq.io/guide/workers/concurrency",
        each=True,
    ),
    Peer(
        "Procrastinate",
        "procrastinate",
        "procrastinate_app",
        busy=f"procrastinate --app procrastinate_app.app worker --concurrency {_AT_ONCE}",
        waiting=f"procrastinate --app procrastinate_app.app worker --concurrency {_AT_ONCE}",
        promise=Promise("stays `doing` until somebody retries it", "yes, by those who do", "`lock`: the second waits"),
        source="https://procrastinate.readthedocs.io/en/stable/howto/basics/command_line.html",
        each=True,
        is_installed_by="procrastinate --app procrastinate_app.app schema --apply",
    ),
    Peer(
        "PgQueuer",
        "pgqueuer",
        "pgqueuer_app",
        busy="python pgqueuer_app.py",
        waiting="python pgqueuer_app.py",
        promise=Promise("done again after its heartbeat (30 s)", "yes", "`concurrency_limit=1`: the second waits"),
        source="https://pgqueuer.readthedocs.io/en/latest/",
        each=True,
        is_installed_by="pgq install",
    ),
)
