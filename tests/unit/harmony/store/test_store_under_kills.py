"""Several processes write one pair and are killed at random: nothing acknowledged is lost."""

import pytest
from crashing_writers import broken_promises, run_writers


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_writers_are_killed(tmp_path):
    ordeal = run_writers(tmp_path, writers=4, edits=30, pause=0.1, seed=1)
    assert ordeal.kills > 0
    assert broken_promises(tmp_path) == []
