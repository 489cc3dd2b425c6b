"""Does what a connector declares hold, and is nothing allowed that nobody has declared?"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from connectors.registry import MANIFESTS
from shared.engine.rules.limits import default_for
from shared.engine.rules.policy import policy_for
from shared.platform_rules import UNDECLARED, rules_of

# The programs that decide, each by the module that it starts with.
DECIDE = ("api.main", "workers.dispatcher", "workers.tasks")


def test_what_a_manifest_says_is_what_holds():
    for platform, manifest in MANIFESTS.items():
        assert rules_of(platform) == manifest.rules
        assert default_for("account:1", platform, practice=False) == manifest.limits
        for transport, policy in manifest.policy.items():
            assert policy_for(platform, transport, practice=False) == policy
            assert policy_for(platform, transport, practice=True).word == "allowed"


def test_on_a_platform_that_no_connector_declares_nothing_is_allowed():
    assert policy_for("elsewhere", "api", practice=False) == UNDECLARED
    assert policy_for("x", "api", practice=False) == UNDECLARED  # its manifest has no rule for its API
    assert UNDECLARED.word == "unsupported"


@pytest.mark.parametrize("module", DECIDE)
def test_every_program_that_decides_knows_what_was_declared(module: str):
    asked = f"import {module}; from shared.platform_rules import rules_of; assert rules_of('x').limits.rules"
    wire = os.environ | {"CALLSHEET_REDIS_URL": "redis://127.0.0.1:1/0"}  # of which nobody asks anything
    done = subprocess.run([sys.executable, "-c", asked], env=wire, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
