"""Suggestions find most of what people published, each survey judged by the others only."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from benchmark_suggestions import judge, load, summary

pytestmark = pytest.mark.slow


def test_most_published_variables_and_groupings_are_suggested(shared_data):
    found = summary(list(judge(*load(shared_data)).values()))
    assert found["harmonies"] > 900
    assert found["first"] >= 0.75
    assert found["top 5"] >= 0.9
    assert found["rand index"] >= 0.8
