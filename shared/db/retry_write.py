"""How long do we insist on writing down what nobody else knows while PostgreSQL is away?

What an attempt saw, or what a platform gave out once, is known to nobody else: a receipt that is dropped leaves an
unknown outcome behind, and where the platform cannot be read back, for ever; a token that is dropped signs an account out.
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
