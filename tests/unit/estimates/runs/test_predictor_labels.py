"""Groups of harmonized predictors are called by words where a run's estimates are broken down by them."""

import os

import pandas as pd
import pytest
from small_run import AREAS, RECIPIENT, add_recipient, add_run

from fusion_core.estimates import Statistic
from fusion_core.estimates.runs._predictor_labels import group_titles
from fusion_core.estimates.runs.estimate_run import area_estimates
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace


def levels(**groups):
    return tuple(LevelGroup(level, group) for level, group in groups.items())


DIVISIONS = Harmony(
    Side("division", levels=levels(Pacific=1, Mountain=2, Atlantic=3)),
    Side("state", levels=levels(CA=1, OR=1, WA=1, HI=1, UT=2, MT=2, NY=3, PR=DROP)),
    group_names=((3.0, "East"),),
)


def test_a_group_without_a_name_is_called_after_the_levels_of_the_side_with_fewer():
    assert group_titles(DIVISIONS) == {"1": "Pacific", "2": "Mountain", "East": "East"}


def test_long_lists_are_cut_and_equal_words_told_apart():
    many = Harmony(
        Side("fuel", levels=levels(gas=1, oil=1, coal=1, wood=1, none=2)),
        Side("heat", levels=levels(a=1, b=1, c=1, d=1, e=1, none=2)),
    )
    assert group_titles(many) == {"1": "gas / oil / coal and 1 more", "2": "none"}
    twice = Harmony(
        Side("fuel", levels=levels(gas=1, oil=2, coal=2)),
        Side("heat", levels=levels(gas=2, oil=1, wood=1)),
    )
    assert group_titles(twice) == {"1": "gas (1)", "2": "gas (2)"}


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.create(tmp_path / "workspace")
    add_recipient(workspace)
    return workspace


def prepared(workspace, harmony):
    pair = SurveyPair(SurveyId("RECS", "2015"), RECIPIENT)
    HarmonyStore(workspace.path, pair).save(harmony, author="ann")
    run = add_run(workspace)
    path = run.input_folder / "recipient.parquet"
    recipient = pd.read_parquet(path)
    groups = pd.Categorical.from_codes(
        [AREAS.index(area) for area in recipient["puma"]], categories=["1", "2", "East"]
    )
    recipient.assign(division__state=groups).to_parquet(path)
    return run


def test_a_breakdown_by_a_predictor_shows_words(workspace):
    run = prepared(workspace, DIVISIONS)
    found = area_estimates(workspace, run, Statistic("mean", "energy"), by="division__state")
    assert found["division__state"].tolist() == ["Pacific", "Mountain", "East"]
    pacific = area_estimates(
        workspace, run, Statistic("mean", "energy"), (), "division__state = 'Pacific'"
    )
    assert pacific["estimate"][0] == pytest.approx(found["estimate"][0])


def test_what_a_group_meant_before_its_harmony_was_changed_is_not_guessed(workspace):
    run = prepared(workspace, DIVISIONS)
    pair = SurveyPair(SurveyId("RECS", "2015"), RECIPIENT)
    store = HarmonyStore(workspace.path, pair)
    [stored] = store.load().harmonies
    path = run.input_folder / "recipient.parquet"
    os.utime(path, (1.0, 1.0))
    assert stored.modified
    found = area_estimates(workspace, run, Statistic("mean", "energy"), by="division__state")
    assert found["division__state"].tolist() == ["1", "2", "East"]
