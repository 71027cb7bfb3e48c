"""Suggestions find most of what people published, each family of surveys judged by the others only."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from benchmark_suggestions import judge, summary
from support.published import REPORTED, read_published

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def published(shared_data):
    return read_published(shared_data)


@pytest.mark.parametrize("teach", [False, True], ids=["without any", "with other surveys'"])
def test_most_published_variables_and_groupings_are_suggested(published, teach):
    judged = judge(published, teach=teach)
    everything = [item for results in judged.values() for item in results]
    found = summary(everything)
    assert len(everything) > 250
    assert found["first"] >= 88
    assert found["five"] >= 96
    assert found["groups"] >= 0.85
    assert found["whole"] >= 68
    counted = summary([item for name in REPORTED for item in judged[name]])
    assert counted["first"] >= 85
    assert counted["whole"] >= 70


def test_what_is_called_sure_is_right(published):
    judged = judge(published, teach=False)
    sure = [item for results in judged.values() for item in results if item["word"] == "sure"]
    assert len(sure) > 60
    assert sum(item["kept"] for item in sure) >= 0.95 * len(sure)
