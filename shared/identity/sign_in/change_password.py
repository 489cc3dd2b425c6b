"""A person changes their password."""

from __future__ import annotations

from shared.db.database import Database
from shared.identity.caller import NotAllowed, Person
from shared.identity.sign_in.log_in import LoginContext
from shared.identity.sign_in.passwords import require_strong
from shared.identity.store import people, sessions


async def change_password(*, database: Database, login: LoginContext, person: Person, current: str, password: str) -> int:
    """Set a new password, and end all other sessions; return how many.

    Raises:
        TooManyTries: for this person.
        NotAllowed: the current password is another one.
        Conflict: the new one is among those that are guessed first.
        Busy: too many passwords wait to be checked.
    """
    await login.throttle.count("password", account=str(person.id))
    require_strong(password, email=person.email)
    async with database.personal(person.id) as connection:
        found = await people.find_own_password(connection)
    if not await login.passwords.matches(current, found.password):
        raise NotAllowed(code="wrong_password", field="current", message="This is not your password.")
    hashed = await login.passwords.hash(password)
    async with database.personal(person.id) as connection:
        await people.set_password(connection, person.id, hashed)
        return await sessions.end_others(connection, person.id, person.session_id, "password")
