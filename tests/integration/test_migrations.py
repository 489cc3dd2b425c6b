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
from shared.outward_content import FilmContent, FilmOptions, MessageContent, fingerprint, read_content

CONFIG = Path(__file__).parents[2] / "alembic.ini"


def test_the_numbers_of_the_files_are_what_alembic_reads_in_them():
    chain = [script.revision for script in ScriptDirectory.from_config(Config(CONFIG)).walk_revisions()]
    assert schema.revisions() == tuple(reversed(chain))


def test_it_waits_for_no_table_for_long_and_can_be_run_again(servers, tmp_path, monkeypatch):
    servers.run("CREATE DATABASE in_use")
    settings = servers.settings(tmp_path, "spare_in_use").model_copy(update={"database_url": servers.address_of("in_use")})
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
        servers.drop("spare_in_use")


def test_an_order_of_a_film_that_was_open_before_is_kept_and_compared_as_new_ones_are(servers, tmp_path):
    servers.run("CREATE DATABASE films")
    settings = servers.settings(tmp_path, "spare_films").model_copy(update={"database_url": servers.address_of("films")})
    film = FilmContent(text="Waves at  dawn.", options=FilmOptions(8, "16:9"))
    words = fingerprint(MessageContent(text=film.text))
    rows = [
        ("video", "8 s 16:9", "unknown"),
        ("video", "8 s 16:9", "refused"),
        ("dm", "maple", "unknown"),
    ]
    try:
        config, engine = Config(CONFIG), create_engine(settings.database_url_for("owner"), poolclass=NullPool)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0039")
            connection.commit()
        with psycopg.connect(settings.database_url, autocommit=True) as owner:
            owner.execute("SET session_replication_role = replica")  # rows of tasks that nobody asks for here
            for number, (action, target, outcome) in enumerate(rows):
                owner.execute(
                    "INSERT INTO effects (id, workspace_id, task_id, attempt_id, account_id, persona_id, platform, step,"
                    " action, target, text, fingerprint, baseline, outcome, call_deadline) VALUES (gen_random_uuid(),"
                    " gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid(), gen_random_uuid(), 'runway', %s,"
                    " %s, %s, %s, %s, '{}', %s, now())",
                    (str(number), action, target, film.text, words, outcome),
                )
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        with psycopg.connect(settings.database_url) as owner:
            was_open, settled, message = owner.execute(
                "SELECT action, text, content, target, fingerprint FROM effects ORDER BY step"
            ).fetchall()
        assert read_content(*was_open[:3]) == film
        assert was_open[3:] == ("", fingerprint(film))
        assert settled[3:] == ("8 s 16:9", words)
        assert read_content(*message[:3]) == MessageContent(text=film.text)
        assert message[4] == fingerprint(MessageContent(text="waves AT dawn."))
    finally:
        servers.drop("films")
        servers.drop("spare_films")
