"""`harmony combine` and `outcome`, and what they let be asked for."""

import json

import pandas as pd
import pytest
from small_combination import add_travel_run
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.workspace.combinations import combination_names, open_combination

JOINT = "fuel = 'oil' AND burden = 'Yes'"


@pytest.fixture
def harmony(workspace):
    """Run a command in the workspace and return the object it prints."""

    def command(*arguments, code=0):
        given = [*map(str, arguments), "--json"]
        result = CliRunner().invoke(app, given, env={"HARMONY_WORKSPACE": str(workspace.path)})
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return command


@pytest.fixture
def runs(workspace, run):
    return run, add_travel_run(workspace)


@pytest.fixture
def both(harmony, runs):
    return harmony("combine", "both", *(run.id for run in runs))


def test_runs_get_one_name_and_say_what_they_hold(both, harmony, runs):
    assert both["variables"] == ["energy", "fuel", "burden", "miles"]
    assert both["implicates"] == 3
    assert "first 3" in both["notes"][0]
    listed = harmony("combine")["combinations"]
    assert [item["name"] for item in listed] == ["both"]
    assert [part["run"] for part in listed[0]["runs"]] == [run.id for run in runs]


@pytest.mark.usefixtures("both")
def test_a_condition_over_both_is_estimated_compared_and_exported(harmony, tmp_path):
    found = harmony("estimate", "both", "--condition", JOINT)
    assert found["notes"][0].startswith("The runs have 4 and 3 implicates")
    for row in found["estimates"]:
        assert row["frechet_lower"] <= row["estimate"] <= row["frechet_upper"]
    compared = harmony("difference", "both", "--condition", JOINT, "--by", "puma")
    assert "independent" in compared["comparisons"][0]["assumption"]
    file = tmp_path / "joint.csv"
    harmony("export", "both", "--condition", JOINT, "--to", file)
    assert {"frechet_lower", "frechet_upper"} <= set(pd.read_csv(file).columns)
    drawn = tmp_path / "drawn.csv"
    harmony("export", "both", "--implicates", "--to", drawn)
    table = pd.read_csv(drawn)
    assert {"fuel", "burden", "implicate"} <= set(table.columns)
    assert table["implicate"].max() == 3


def test_people_are_shown_the_bounds_and_what_they_are_for(both, workspace):
    result = CliRunner().invoke(
        app,
        ["estimate", "both", "--condition", JOINT, "--by", "none"],
        env={"HARMONY_WORKSPACE": str(workspace.path), "COLUMNS": "200"},
    )
    assert both["name"] == "both"
    assert "bounds" in result.stdout
    assert "Fréchet bounds" in result.stdout


@pytest.mark.usefixtures("both")
def test_an_expression_is_a_number_to_ask_for(harmony):
    per_head = harmony("estimate", "both", "--expression", "energy / np", "--by", "none")
    assert per_head["estimates"][0]["statistic"] == "mean"
    share = harmony("estimate", "both", "-e", "energy / np", "--above", 15, "--by", "none")
    assert 0 < share["estimates"][0]["estimate"] < 1
    error = harmony("estimate", "both", "--condition", JOINT, "-s", "mean", code=2)["error"]
    assert "condition has no mean" in error["message"]


def test_outcomes_are_kept_listed_and_removed(both, harmony, runs):
    assert both["name"] == "both"
    tried = harmony("outcome", "both", "burdened", "-e", JOINT, "--check")
    assert tried["stored"] is False
    assert harmony("outcome", "both")["outcomes"] == []
    kept = harmony("outcome", "both", "burdened", "-e", JOINT, "--label", "Both burdens")
    assert {row["level"] for row in kept["estimates"]} == {"No", "Yes"}
    found = harmony("estimate", "both", "-v", "burdened", "--level", "Yes", "--by", "none")
    direct = harmony("estimate", "both", "--condition", JOINT, "--by", "none")
    assert found["estimates"][0]["estimate"] == direct["estimates"][0]["estimate"]
    again = harmony("outcome", "both", "burdened", "-e", "energy > 3", code=2)["error"]
    assert "already" in again["message"]
    harmony("outcome", "both", "burdened", "--remove")
    assert harmony("outcome", "both")["outcomes"] == []
    wrong = harmony("outcome", runs[0].id, "tenure", "-e", "energy > 3", code=2)["error"]
    assert "a variable 'tenure' already" in wrong["message"]


def test_what_cannot_be_combined_is_refused_before_anything_is_stored(harmony, runs, workspace):
    first, second = (run.id for run in runs)
    for arguments in ((first,), (first, first), (first, f"{second}:mile")):
        error = harmony("combine", "odd", *arguments, code=2)["error"]
        assert error["fix"]
    assert combination_names(workspace) == []


def test_a_combination_is_replaced_on_purpose_and_removed(both, harmony, runs, workspace):
    first, second = (run.id for run in runs)
    assert "already" in harmony("combine", "both", first, second, code=2)["error"]["message"]
    fewer = harmony("combine", "both", f"{first}:fuel", f"{second}:burden", "--replace")
    assert fewer["variables"] == ["fuel", "burden"]
    assert open_combination(workspace, "both").parts[0].variables == ("fuel",)
    harmony("combine", "both", "--remove")
    assert combination_names(workspace) == []
    assert both["implicates"] == 3


def test_a_damaged_combination_is_told_and_hides_no_other(both, harmony, workspace):
    path = open_combination(workspace, both["name"]).path
    path.write_text("{")
    assert harmony("combine")["combinations"] == []
    assert "damaged" in harmony("estimate", "both", "-v", "fuel", code=2)["error"]["message"]
