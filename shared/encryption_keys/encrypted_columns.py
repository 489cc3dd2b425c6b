"""Which columns are encrypted, and how is each of their values encrypted again?

Runs as the owner, over a plain connection: keys belong to the whole home, not to one workspace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """A column of ciphertexts. The row's workspace, or other owner, and its key are inside as owner and account."""

    table: str
    column: str
    key: str = "id"
    owner: str = "workspace_id"


# A test fails when a ciphertext is found in a column that is not here. An open sign-in (`oauth_requests`) is left out:
# it ends within ten minutes, and one that can no longer be decrypted is begun again.
SEALED = (
    EncryptedColumn("account_credentials", "sealed", key="account_id"),
    EncryptedColumn("webhooks", "secret"),
    EncryptedColumn("notifications", "target"),
    EncryptedColumn("people", "totp", owner="'people'"),
)


def count_by_key(connection: Connection) -> Counter[str]:
    """Return how many ciphertexts each key id has, in whichever of these columns the schema has."""
    query = text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
    there = {(row.table_name, row.column_name) for row in connection.execute(query)}
    found: Counter[str] = Counter()
    for at in SEALED:
        if (at.table, at.column) not in there:
            continue
        query = text(
            f"SELECT split_part({at.column}, ':', 1) AS key_id, count(*) AS n FROM {at.table}"
            f" WHERE {at.column} IS NOT NULL GROUP BY 1"
        )
        for row in connection.execute(query):
            found[row.key_id] += row.n
    return found


def page(connection: Connection, at: EncryptedColumn, after: UUID, limit: int) -> Sequence[Row[Any]]:
    """Return some ciphertexts (id, owner, sealed) of a column in the order of their ids."""
    query = text(
        f"SELECT {at.key} AS id, {at.owner} AS owner, {at.column} AS sealed FROM {at.table}"
        f" WHERE {at.column} IS NOT NULL AND {at.key} > :after ORDER BY {at.key} LIMIT :limit"
    )
    return connection.execute(query, {"after": after, "limit": limit}).all()


def lock_old(connection: Connection, at: EncryptedColumn, newest: str, limit: int) -> Sequence[Row[Any]]:
    """Return some ciphertexts (id, owner, sealed) not made by the newest key, locked until the transaction ends."""
    query = text(
        f"SELECT {at.key} AS id, {at.owner} AS owner, {at.column} AS sealed FROM {at.table}"
        f" WHERE {at.column} IS NOT NULL AND split_part({at.column}, ':', 1) <> :newest"
        f" ORDER BY {at.key} LIMIT :limit FOR NO KEY UPDATE"
    )
    return connection.execute(query, {"newest": newest, "limit": limit}).all()


def keep(connection: Connection, at: EncryptedColumn, row: UUID, sealed: str) -> None:
    """Replace a ciphertext."""
    statement = text(f"UPDATE {at.table} SET {at.column} = :sealed WHERE {at.key} = :id")
    connection.execute(statement, {"id": row, "sealed": sealed})
