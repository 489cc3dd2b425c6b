"""As whom does a claimed task act?"""

from __future__ import annotations

import pytest

from shared.errors import NotConfigured
from tests.support.claimed import claimed_account, claimed_task


def test_a_claimed_task_has_its_account_whole_or_acts_as_nobody():
    account = claimed_account(transport="api", practice=False)
    task = claimed_task(account=account)
    assert (task.acting, task.over_api, task.practice) == (account, True, False)

    nobody = claimed_task(type="probe")
    assert (nobody.account, nobody.over_api, nobody.practice) == (None, False, False)
    with pytest.raises(NotConfigured, match="A probe without an account"):
        _ = nobody.acting
