"""What does a change of the schema do while others work on the tables?"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from shared.db import migrate, schema
from shared.errors import Transient

CONFIG = Path(__file__).parents[2] / "alembic.ini"


def test_the_numbers_of_the_files_are_what_alembic_reads_in_them():
    chain = [script.revision for script in ScriptDirectory.from_config(Config(CONFIG)).walk_revisions()]
    assert schema.revisions() == tuple(reversed(chain))


def test_it_waits_for_no_table_for_long_and_can_be_run_again(servers, tmp_path, monkeypatch):
    servers.run("CREATE DATABASE in_use")
    settings = servers.settings(tmp_path, "spare").model_copy(update={"database_url": servers.address_of("in_use")})
    try:
        engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
        with engine.connect() as connection:
            config = Config(CONFIG)
            config.attributes["connection"] = connection
            command.upgrade(config, "0006")
            connection.commit()
        monkeypatch.setattr(migrate, "LOCK_S", 0.2)
        with psycopg.connect(settings.database_url) as other:
            other.execute("LOCK TABLE tasks")
            with pytest.raises(Transient, match="used a table for"):
                migrate.migrate(settings)
        assert migrate.migrate(settings).is_current
    finally:
        servers.drop("in_use")
        servers.drop("spare")
