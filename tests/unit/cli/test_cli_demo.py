"""harmony demo: the whole path in one command, honest about how near the truth it comes."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.demo.checking import compare_with_truth
from fusion_core.workspace.layout import Workspace


def test_building_the_demo_names_what_is_left_to_make(harmony):
    result = harmony("demo", "--workspace", harmony.workspace)
    assert "foodhelp ↔ fs" in result.stdout
    assert "harmony app --workspace" in result.stdout
    record = harmony.json("demo", "--workspace", harmony.workspace)
    assert record["synthetic"] is True
    assert record["surveys"] == ["DEMOACS_2022", "DEMOENERGY_2020"]


def test_coverage_counts_the_areas_whose_interval_holds_the_truth():
    areas = ["1", "2", "3", "4"]
    estimates = pd.DataFrame(
        {
            "puma": areas,
            "variable": "x",
            "level": None,
            "statistic": "mean",
            "estimate": [10.0, 11.0, 12.0, 20.0],
            "lower": [9.0, 10.5, 11.0, 19.0],
            "upper": [11.0, 11.5, 13.0, 21.0],
        }
    )
    truth = pd.DataFrame(
        {
            "area_id": areas,
            "variable": "x",
            "level": "",
            "statistic": "mean",
            "value": [10.0, 10.0, 12.0, 20.0],
            "households": 5,
        }
    )
    row = compare_with_truth(estimates, truth).iloc[0]
    assert row["areas"] == 4
    assert row["coverage"] == 0.75
    assert row["typical_error"] == 0.0
    assert row["correlation"] > 0.99


@pytest.mark.slow
def test_the_whole_path_gives_margins_that_are_not_absurd(tmp_path):
    """20 PUMAs, 2,000 donors, quick settings: wide bands, meant to catch nonsense, not to boast.

    Margins of error count sampling of the recipient and the spread of the implicates, not that the
    model itself was learned from one sample of donors; with so few of them the climate-driven
    variables are covered least.
    """
    folder = tmp_path / "demo"
    arguments = ["demo", "--workspace", str(folder), "--small", "--quick", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    truth = pd.DataFrame(record["truth"])
    assert set(truth["variable"]) == {
        "sqft",
        "insulation",
        "main_ac",
        "elec_kwh",
        "gas_therms",
        "share_heat",
        "share_cool",
        "share_other",
        "insecure",
    }
    assert (truth["areas"] == 20).all()
    assert 0.70 < truth["coverage"].mean() < 0.99
    by_name = truth.set_index(["variable", "level"])
    for name in (("elec_kwh", ""), ("gas_therms", ""), ("sqft", ""), ("insecure", "Yes")):
        assert by_name.loc[name, "coverage"] >= 0.5, name
        assert by_name.loc[name, "correlation"] > 0.5, name
    assert by_name.loc[("elec_kwh", ""), "typical_error"] < 0.10
    assert by_name.loc[("sqft", ""), "typical_error"] < 0.06
    assert len(record["highest"]) == 3
    assert len(record["predictors"]) >= 20
    assert Workspace.open(folder).synthetic
