"""What does a change of the schema do while others work on the tables?"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from shared.db import migrate as schema
from shared.errors import Transient


def test_it_waits_for_no_table_for_long_and_can_be_run_again(servers, tmp_path, monkeypatch):
    servers.run("CREATE DATABASE in_use")
    settings = servers.settings(tmp_path, "spare").model_copy(update={"database_url": servers.address_of("in_use")})
    try:
        engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
        with engine.connect() as connection:
            config = Config(Path(__file__).parents[2] / "alembic.ini")
            config.attributes["connection"] = connection
            command.upgrade(config, "0006")
            connection.commit()
        monkeypatch.setattr(schema, "LOCK_S", 0.2)
        with psycopg.connect(settings.database_url) as other:
            other.execute("LOCK TABLE tasks")
            with pytest.raises(Transient, match="used a table for"):
                schema.migrate(settings)
        assert schema.migrate(settings).is_current
    finally:
        servers.drop("in_use")
        servers.drop("spare")
