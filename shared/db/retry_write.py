"""How long is a write repeated while PostgreSQL is away, if only this process knows the data?

Nobody else knows what an attempt saw, or what a platform gave out once: a lost receipt leaves an
unknown outcome behind, for ever where the platform cannot be read back; a lost token signs an account out.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

RETRY_WRITE_S = 60

# For coroutines whose statements may be repeated: a commit without an answer may have happened.
retry_write = retry(
    retry=retry_if_exception_type((DBAPIError, OSError)),
    wait=wait_random_exponential(multiplier=0.1, max=5),
    stop=stop_after_delay(RETRY_WRITE_S),
    reraise=True,
)
