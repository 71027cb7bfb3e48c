"""One statistic over the years of a recipient."""

import numpy as np
import pytest
from small_run import LATER, RECIPIENT, add_recipient, add_run
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import area_estimates, area_series, years_of
from fusion_core.surveys import SurveyId
from fusion_core.workspace.runs import RunState

ENERGY = Statistic("mean", "energy")
RENTERS = Statistic("share", "tenure", level="Renter")


def finished(run):
    run.write_state(RunState(status="finished", stage="validate", progress=1.0))
    return run


@pytest.fixture
def two_years(workspace, run):
    """The same donor fused onto two years of the recipient; the later one uses more energy."""
    add_recipient(workspace, LATER, seed=21)
    later = finished(add_run(workspace, LATER, name="later", seed=22, shift=30.0))
    return workspace, finished(run), later


def test_the_years_of_a_run_are_found_from_either_end(two_years):
    workspace, first, later = two_years
    assert [each.id for each in years_of(workspace, later, ENERGY)] == [first.id, later.id]
    assert [each.id for each in years_of(workspace, first, ENERGY)] == [first.id, later.id]


def test_runs_that_did_not_fuse_the_variable_or_are_not_finished_are_no_years(two_years):
    workspace, first, later = two_years
    assert years_of(workspace, first, Statistic("mean", "np")) == [first]
    later.write_state(RunState(status="failed", stage="fuse", progress=0.5))
    assert [each.id for each in years_of(workspace, first, ENERGY)] == [first.id]


def test_the_years_of_a_survey_are_its_vintages(two_years):
    workspace, *_ = two_years
    assert years_of(workspace, LATER, RENTERS) == [RECIPIENT, LATER]


def test_every_year_is_estimated_as_alone_and_changes_are_since_the_first(two_years):
    workspace, first, later = two_years
    found = area_series(workspace, [first, later], ENERGY, ("puma",))
    alone = area_estimates(workspace, later, ENERGY, ("puma",))
    shown = found.estimates[found.estimates["year"] == "2023"]
    assert shown["estimate"].to_numpy() == pytest.approx(alone["estimate"].to_numpy())
    assert list(found.changes["year"]) == ["2023"] * 3
    assert (found.changes["difference"] > 15).all()
    assert found.changes["differs"].all()
    assert np.all(found.changes["p_adjusted"] >= found.changes["p_value"])


def test_one_year_is_no_series(workspace, run):
    with pytest.raises(InputError, match="Only 2022 has this variable") as refused:
        area_series(workspace, [run], ENERGY)
    assert "harmony apply" in refused.value.fix


def test_two_runs_of_one_year_are_refused(workspace, run):
    other = add_run(workspace, name="again", seed=99)
    with pytest.raises(InputError, match="of the same year"):
        area_series(workspace, [run, other], ENERGY)


def test_a_survey_that_is_no_year_of_another_is_left_out(two_years):
    workspace, *_ = two_years
    add_recipient(workspace, SurveyId("OTHER", "2023"))
    assert years_of(workspace, RECIPIENT, RENTERS) == [RECIPIENT, LATER]


def test_the_command_finds_the_years_and_says_what_changed(two_years):
    workspace, first, _ = two_years
    told = CliRunner().invoke(app, ["series", first.id, "-v", "energy", "-w", str(workspace.path)])
    assert told.exit_code == 0, told.output
    assert "2022" in told.output
    assert "2023" in told.output
    assert "since the first" in told.output
