"""How does Alembic reach the database? Through the connection that `shared/db/migrate.py` passes in."""

from __future__ import annotations

from alembic import context

from shared.db.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
