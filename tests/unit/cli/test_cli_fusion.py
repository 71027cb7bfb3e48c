"""harmony fuse, runs, validate, estimate and export on one finished run of the tiny demo."""

import json
import shutil

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest

from fusion_core.cli.runs.running import follow_run
from fusion_core.errors import Cancelled
from fusion_core.fusion import read_implicates
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs, open_run


def test_fuse_reports_run_predictors_and_verdicts(finished, harmony):
    identifier, record = finished
    assert record["run"]["status"] == "finished"
    assert record["run"]["implicates"] == 4
    assert record["run"]["fusion_variables"] == [
        "insecure",
        ["share_heat", "share_cool", "share_other"],
    ]
    assert len(record["predictors"]) > 18
    assert {text.split(":")[0] for text in record["verdicts"]} >= {"insecure", "share_heat"}
    run = open_run(Workspace.open(harmony.workspace), identifier)
    drawn = read_implicates(run.implicates_folder)
    shares = sum(drawn[name].values for name in ("share_heat", "share_cool", "share_other"))
    assert (shares == 1.0).all()


def test_runs_are_listed_and_found_by_their_start(finished, harmony):
    identifier, _ = finished
    assert [item["id"] for item in harmony.json("runs")["runs"]] == [identifier]
    assert identifier in harmony("runs").stdout
    assert harmony.json("validate", identifier[:12])["run"] == identifier
    error = harmony.json("validate", "nope", code=2)["error"]
    assert identifier in error["message"]


def test_validation_shows_errors_by_subset_size_and_a_verdict(finished, harmony):
    identifier, _ = finished
    record = harmony.json("validate", identifier, "--variable", "insecure")
    assert len(record["verdicts"]) == 1
    assert {row["variable"] for row in record["curves"]} == {"insecure"}
    assert "typical error" in harmony("validate").stdout
    assert harmony.json("validate", "--variable", "insecur", code=2)["error"]["fix"]


def test_validation_says_in_sentences_what_its_tables_hold(finished, harmony, tmp_path):
    identifier, _ = finished
    record = harmony.json("validate", identifier, "--csv", tmp_path / "tables")
    assert set(record["findings"]) >= {"Distributions", "Dependence", "Draws of single households"}
    assert {row["score"] for row in record["scores"]} == {"CRPS", "Brier", "log"}
    assert record["outdated"] is False
    scores = pd.read_csv(tmp_path / "tables" / "scores.csv")
    assert len(scores) == len(record["scores"])
    assert "Draws of single households" in harmony("validate", identifier).stdout
    error = harmony.json("validate", identifier, "--out-of-fold", "1", code=2)["error"]
    assert "1 folds" in error["message"]


def test_runs_are_compared_by_households_neither_has_seen(finished, harmony):
    identifier, _ = finished
    error = harmony.json("validate", identifier, "--against", identifier, code=2)["error"]
    assert "have not seen" in error["message"]
    assert f"harmony validate {identifier} --out-of-fold 5" in error["fix"]


def test_estimates_are_compared_with_a_published_table(finished, harmony, tmp_path):
    identifier, _ = finished
    rows = harmony.json("estimate", "-v", "count:insecure=Yes")["estimates"]
    table = pd.DataFrame({"GEOID": [row["puma"] for row in rows]})
    table["Estimate"] = [row["estimate"] for row in rows]
    table.to_csv(tmp_path / "counts.csv", index=False)
    arguments = ("compare", tmp_path / "counts.csv", identifier, "-v", "count:insecure=Yes")
    record = harmony.json(*arguments, "--csv", tmp_path / "areas.csv")
    assert record["ratio_of_totals"] == pytest.approx(1.0)
    assert record["rank_correlation"] == pytest.approx(1.0)
    assert len(pd.read_csv(tmp_path / "areas.csv")) == record["areas"] == len(rows)
    assert "Furthest apart" in harmony(*arguments).stdout
    error = harmony.json("compare", tmp_path / "none.csv", "-v", "insecure", code=2)["error"]
    assert "cannot be opened" in error["message"]


@pytest.mark.usefixtures("finished")
def test_estimates_are_by_puma_with_names_and_margins(harmony):
    record = harmony.json("estimate", "--variable", "insecure", "--level", "Yes")
    rows = record["estimates"]
    assert record["by"] == ["puma"]
    assert record["synthetic"] is True
    assert len(rows) == 8
    for row in rows:
        assert 0 < row["estimate"] < 1
        assert row["moe"] > 0
        assert row["name"].endswith("PUMA")
    text = harmony("estimate", "-v", "insecure", "--level", "Yes", "--highest", "3").stdout
    assert "Synthetic data" in text
    assert text.count("PUMA") >= 3


@pytest.mark.usefixtures("finished")
def test_the_highest_and_lowest_areas_come_first(harmony):
    everything = harmony.json("estimate", "-v", "share_heat")["estimates"]
    values = sorted(row["estimate"] for row in everything)
    highest = harmony.json("estimate", "-v", "share_heat", "--highest", "2")["estimates"]
    lowest = harmony.json("estimate", "-v", "share_heat", "--lowest", "2")["estimates"]
    assert [row["estimate"] for row in highest] == values[:-3:-1]
    assert [row["estimate"] for row in lowest] == values[:2]


@pytest.mark.usefixtures("finished")
def test_subgroups_groups_and_statistics_can_be_chosen(harmony):
    everybody = harmony.json("estimate", "-v", "hincp", "--by", "none")["estimates"]
    poor = harmony.json("estimate", "-v", "hincp", "--by", "none", "--where", "hincp < 40000")
    assert len(everybody) == 1
    assert poor["estimates"][0]["estimate"] < everybody[0]["estimate"]
    crossed = harmony.json("estimate", "-v", "hincp", "-s", "median", "--by", "ten")["estimates"]
    assert {row["statistic"] for row in crossed} == {"median"}
    above = harmony.json("estimate", "-v", "hincp", "--above", "100000", "--by", "none")
    assert above["estimates"][0]["statistic"] == "share_above"
    below = harmony.json("estimate", "-v", "hincp", "--below", "100000.5", "--by", "none")
    assert below["estimates"][0]["statistic"] == "share_below"
    sides = [record["estimates"][0]["estimate"] for record in (below, above)]
    assert sum(sides) == pytest.approx(1.0)
    both = harmony("estimate", "-v", "hincp", "--above", "9", "--below", "1", code=2)
    assert "either above or below" in both.output
    short = harmony.json("estimate", "-v", "share_above:hincp>100000", "--by", "none")
    assert short["estimates"][0]["estimate"] == above["estimates"][0]["estimate"]


def test_a_survey_alone_needs_no_run(harmony):
    record = harmony.json("estimate", "--survey", "DEMOACS_2022", "-v", "ten", "--by", "none")
    assert sum(row["estimate"] for row in record["estimates"]) == pytest.approx(1.0)
    assert record["source"] == "DEMOACS_2022"


@pytest.mark.usefixtures("finished")
def test_two_groups_are_compared(harmony):
    record = harmony.json(
        "difference",
        "-v",
        "insecure",
        "--level",
        "Yes",
        "-g",
        "hincp < 30000",
        "-g",
        "hincp > 90000",
    )
    row = record["comparisons"][0]
    assert row["difference"] == pytest.approx(row["first"] - row["second"])
    assert row["moe"] > 0
    assert row["differs"] is (row["p_value"] < 0.1)


@pytest.mark.usefixtures("finished")
def test_every_area_is_compared_with_everybody(harmony):
    arguments = ("difference", "-v", "insecure", "--level", "Yes", "--by", "puma")
    rows = harmony.json(*arguments)["comparisons"]
    assert len(rows) == 8
    assert len({row["second"] for row in rows}) == 1
    text = harmony(*arguments).stdout
    assert "adjusted for the number of comparisons" in text
    assert "Synthetic data" in text


@pytest.mark.usefixtures("finished")
def test_a_run_is_compared_with_the_survey_of_another_kind(harmony):
    rows = harmony.json("difference", "-v", "hincp", "--with", "DEMOACS_2022")["comparisons"]
    assert rows[0]["difference"] == 0
    assert rows[0]["differs"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-v", "insecure"], "Two groups are compared, not 0"),
        (["-v", "insecure", "--by", "puma"], "levels to compare"),
        (["-v", "hincp", "-g", "ten=Ownd", "-g", "np > 1"], "no level"),
        (["-v", "hincp", "-g", "np > 1", "--with", "DEMOACS_2022"], "across runs"),
        (["-v", "hincp", "--with", "nothing"], "nothing"),
    ],
)
@pytest.mark.usefixtures("finished")
def test_what_cannot_be_compared_is_said_in_a_sentence(harmony, arguments, words):
    error = harmony.json("difference", *arguments, code=2)["error"]
    assert words in error["message"]


@pytest.mark.usefixtures("finished")
def test_the_margins_of_the_r_packages_can_be_chosen(harmony):
    arguments = ("estimate", "-v", "insecure", "--level", "Yes", "--by", "none", "--method")
    rows = {
        method: harmony.json(*arguments, method)["estimates"][0]
        for method in ("replicates", "paper", "fusionacs")
    }
    assert len({row["moe"] for row in rows.values()}) == 3
    values = [row["estimate"] for row in rows.values()]
    assert values == pytest.approx([values[0]] * 3)
    error = harmony.json(*arguments, "bootstrap", code=2)["error"]
    assert "no method 'bootstrap'" in error["message"]


@pytest.mark.usefixtures("finished")
def test_fused_variables_select_and_form_groups_with_the_donors_part_in_their_margin(harmony):
    by_level = harmony.json("estimate", "-v", "share_heat", "--by", "insecure")["estimates"]
    assert [row["insecure"] for row in by_level] == ["Yes", "No"]
    where = harmony.json(
        "estimate", "-v", "share_heat", "--by", "none", "--where", "insecure = 'Yes'"
    )["estimates"][0]
    assert where["moe"] == pytest.approx(by_level[0]["moe"])
    for row in by_level:
        assert "cannot be computed" not in row["assumption"]
        assert row["fusion_share"] > 0
    levels = harmony.json(
        "difference", "-v", "share_heat", "-g", "insecure=Yes", "-g", "insecure=No"
    )
    assert levels["comparisons"][0]["first"] == pytest.approx(where["estimate"])


@pytest.mark.usefixtures("finished")
def test_a_margin_without_the_donors_part_says_so_in_its_row(harmony):
    arguments = ("estimate", "-v", "share_heat", "-s", "gini", "--by", "none")
    assert harmony.json(*arguments)["estimates"][0]["reliability"] in {"incomplete", "low"}
    shown = harmony(*arguments).stdout
    assert "contain the sampling error of both surveys" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-v", "insecur"], "'insecure'"),
        (["-v", "insecure", "-s", "average"], "no statistic"),
        (["-v", "insecure", "--where", "__import__('os')"], "__import__"),
        (["-v", "insecure", "--where", "read_csv('/etc/passwd')"], "read_csv"),
        (["-v", "insecure", "--where", "np > 90"], "ousehold"),
        (["-v", "insecure", "--by", "county"], "county"),
        (["-v", "insecure", "--where", "np"], "'np' is not a condition (filter). Write np > 0"),
        (["-v", "insecure", "--where", "weight"], "not a condition (filter). Write weight > 0"),
        (["-v", "insecure", "--where", "1"], "'1' is not a condition"),
        (["-v", "insecure", "--where", "NULL"], "No household meets the filter"),
    ],
)
@pytest.mark.usefixtures("finished")
def test_what_cannot_be_estimated_is_said_in_a_sentence(harmony, arguments, words):
    error = harmony.json("estimate", *arguments, code=2)["error"]
    assert words in error["message"]


@pytest.mark.usefixtures("finished")
def test_a_filter_without_a_column_keeps_everybody_or_nobody(harmony):
    question = ("estimate", "-v", "insecure", "--by", "none", "--where")
    everybody = harmony.json(*question[:-1])["estimates"]
    assert harmony.json(*question, "1 = 1")["estimates"] == everybody


@pytest.mark.usefixtures("finished")
def test_one_damaged_variable_is_named_and_the_others_are_estimated(harmony, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(harmony.workspace, folder)
    damaged = type(harmony)(folder)
    (path,) = folder.glob("runs/*/implicates/*_insecure/*.parquet")
    path.write_bytes(path.read_bytes()[:100])
    record = damaged.json("estimate", "--by", "none", code=1)
    assert {row["variable"] for row in record["estimates"]} == {
        "share_heat",
        "share_cool",
        "share_other",
    }
    assert list(record["failures"]) == ["insecure"]
    shown = damaged("estimate", "--by", "none", code=1).stdout
    assert "Not estimated: insecure. A file of the implicates" in shown
    assert str(path) in shown
    assert str(path) in damaged("estimate", "-v", "insecure", "--by", "none", code=2).stderr


@pytest.mark.usefixtures("finished")
def test_tables_are_exported_in_every_format(harmony, tmp_path):
    for ending in ("csv", "parquet", "xlsx", "geojson"):
        harmony("export", "--to", tmp_path / f"table.{ending}", "-v", "insecure")
    frame = pd.read_parquet(tmp_path / "table.parquet")
    assert len(frame) == 16
    assert np.allclose(pd.read_csv(tmp_path / "table.csv")["estimate"], frame["estimate"])
    book = openpyxl.load_workbook(tmp_path / "table.xlsx")
    assert book.sheetnames == ["estimates", "about"]
    assert book["estimates"].max_row == 17
    assert any("synthetic" in str(cell.value) for cell in book["about"]["A"])


@pytest.mark.usefixtures("finished")
def test_geojson_has_one_area_per_feature_in_longitude_and_latitude(harmony, tmp_path):
    file = tmp_path / "areas.geojson"
    harmony("export", "--to", file, "-v", "insecure", "--level", "Yes")
    areas = gpd.read_file(file)
    assert len(areas) == 8
    assert areas.crs.to_epsg() == 4326
    assert areas.total_bounds[1] > 20
    column = "share:insecure=Yes estimate"
    assert areas[column].between(0, 1).all()
    assert json.loads(file.read_text())["synthetic"] is True


@pytest.mark.usefixtures("finished")
def test_implicates_are_exported_long_or_wide(harmony, tmp_path):
    harmony("export", "--implicates", "--to", tmp_path / "long.parquet")
    frame = pd.read_parquet(tmp_path / "long.parquet")
    households = harmony.json("survey", "list")["surveys"][0]["households"]
    assert len(frame) == 4 * households
    assert {"implicate", "household_id", "weight", "puma", "insecure"} <= set(frame.columns)
    assert frame.groupby("implicate")["household_id"].nunique().eq(households).all()
    chosen = ["--implicates", "-v", "insecure", "--to"]
    harmony("export", *chosen, tmp_path / "wide.csv", "--wide")
    wide = pd.read_csv(tmp_path / "wide.csv", dtype={"household_id": str})
    assert list(wide.columns[-4:]) == [f"insecure_0{number}" for number in range(1, 5)]
    second = frame[frame["implicate"] == 2].set_index("household_id")["insecure"]
    assert list(wide["insecure_02"]) == list(second.loc[wide["household_id"]])
    record = harmony.json("export", *chosen, tmp_path / "yes.csv", "--level", "Yes")
    assert record["rows"] == (frame["insecure"] == "Yes").sum()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "table.doc"], "which format"),
        (["--to", "table.csv", "--format", "doc"], "format"),
        (["--to", "a.geojson", "--by", "ten"], "boundaries"),
        (["--to", "a.xlsx", "--implicates"], "spreadsheet"),
        (["--to", "a.csv", "--implicates", "-v", "insecur"], "'insecure'"),
        (["--to", "a.csv", "--implicates", "--level", "Yes"], "one variable"),
        (["--to", "a.csv", "--implicates", "-v", "insecure", "--level", "yes"], "'Yes'"),
    ],
)
@pytest.mark.usefixtures("finished")
def test_what_cannot_be_exported_is_said_and_nothing_is_written(
    harmony, arguments, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    error = harmony.json("export", *arguments, code=2)["error"]
    assert words in error["message"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("finished")
def test_the_cost_is_said_before_anything_starts(harmony):
    before = len(harmony.json("runs")["runs"])
    cost = harmony.json("fuse", "-v", "insecure,sqft", "--preset", "paper", "--cost")
    assert cost["seconds"] > 0
    assert cost["memory_bytes"] > 0
    assert "of memory" in harmony("fuse", "-v", "insecure", "--cost").stdout
    assert len(harmony.json("runs")["runs"]) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "No variable"),
        (["-v", "insecur"], "'insecure'"),
        (["-v", "insecure", "--preset", "fast"], "preset"),
        (["-v", "insecure", "--donor", "RECS_2015"], "pair"),
        (["-v", "insecure", "--donor", "RECS_2015", "--recipient", "DEMOACS_2022"], "RECS_2015"),
        (["-v", "a+"], "block"),
        (["--resume", "nope"], "nope"),
    ],
)
@pytest.mark.usefixtures("finished")
def test_a_wrong_request_starts_no_run(harmony, arguments, words):
    before = len(list_runs(Workspace.open(harmony.workspace)))
    error = harmony.json("fuse", *arguments, code=2)["error"]
    assert words in error["message"]
    assert len(list_runs(Workspace.open(harmony.workspace))) == before


def test_pressing_control_c_cancels_the_run_and_says_how_to_resume(finished, harmony, tmp_path):
    identifier, _ = finished
    folder = shutil.copytree(harmony.workspace, tmp_path / "workspace")
    workspace = Workspace.open(folder)
    run = open_run(workspace, identifier)
    (run.folder / "stages" / "fuse.json").unlink()
    run.write_state(type(run.state())(status="failed"))

    def interrupt(_share, _sentence):
        raise KeyboardInterrupt

    with pytest.raises(Cancelled, match=f"--resume {identifier}"):
        follow_run(workspace, run, interrupt)
    assert run.state().status == "cancelled"
