"""How does a process of ours go on as Celery? In itself, so that what it has imported and knows is not made twice."""

from __future__ import annotations

import sys

from celery import __main__ as program

from shared.settings import add_to_environment


def run_celery(*words: str, **environment: str) -> None:
    """Do as the command line `celery WORDS` does, with these in the environment besides, and end as it does.

    Raises:
        SystemExit: Celery has ended.
    """
    add_to_environment(**environment)
    # As `python -m celery` leaves it: by the first word Celery starts itself again.
    sys.argv = [str(program.__file__), *words]
    program.main()
