"""Are the names of the constraints on which we branch those that the database has?"""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from shared.db import constraint
from shared.db.constraint import violated, violates
from shared.db.models import Base

NAMES = {value for name, value in vars(constraint).items() if name.isupper() and name != "FOREIGN_KEY"}


class Diagnosis:
    constraint_name = constraint.STEP


class Driver(Exception):
    diag = Diagnosis()


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_constraint_of_this_name_is_there(name: str):
    tables = Base.metadata.tables.values()
    there = {index.name for table in tables for index in table.indexes}
    assert name in there | {rule.name for table in tables for rule in table.constraints}


def test_an_error_says_which_constraint_was_violated():
    error = IntegrityError("INSERT", {}, Driver())
    assert violated(error) == constraint.STEP
    assert violates(constraint.STEP, constraint.AMBIGUOUS)(error)
    assert not violates(constraint.EXTERNAL_ID)(error)


def test_an_error_without_a_name_is_the_violation_of_none():
    for error in (IntegrityError("INSERT", {}, Exception()), ValueError()):
        assert violated(error) == ""
        assert not violates(constraint.STEP)(error)
