"""The years of a recipient on the Explore page."""

import dataclasses
import io
import shutil

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import EstimateCache, area_series
from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    variable_from_column,
)
from fusion_core.surveys.storage import read_survey
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import create_run, open_run
from harmony_app.explore.data import Estimator, read_catalogue
from harmony_app.explore.page import ExplorePage
from harmony_app.shell.session import Session

EARLIER, LATER = SurveyId("CENSUS", "2021"), SurveyId("CENSUS", "2022")


@pytest.fixture(scope="module")
def two_years(mapped_workspace, tmp_path_factory):
    """The six squares a year later as well; half of the owners of the first square rent by then."""
    folder = tmp_path_factory.mktemp("years") / "w"
    shutil.copytree(mapped_workspace.workspace.path, folder)
    workspace = Workspace.open(folder)
    survey = read_survey(workspace.survey_folder(EARLIER))
    table = survey.table("household").copy()
    moved = (table["puma"] == "0100100") & (np.arange(len(table)) % 3 > 0)
    table.loc[moved, "tenure"] = "Renter"
    later = dataclasses.replace(survey.description, id=LATER)
    workspace.add_survey(Survey(later, survey.dictionary, table))
    add_later_run(workspace, open_run(workspace, mapped_workspace.run))
    return workspace


def add_later_run(workspace, run):
    """Stand in for the run applied to the later year: its answers, drawn anew."""
    spec = dataclasses.replace(run.spec(), name="Winter 2022", seed=12)
    pair = dataclasses.replace(spec.pair, recipient=LATER)
    other = create_run(workspace, dataclasses.replace(spec, pair=pair))
    for name in ("input_folder", "implicates_folder"):
        shutil.copytree(getattr(run, name), getattr(other, name), dirs_exist_ok=True)
    other.write_state(run.state())


@pytest.fixture
def make_page(two_years):
    def make(**query: str) -> ExplorePage:
        session = Session(two_years, "ann", "light", query)
        estimator = Estimator(two_years, EstimateCache())
        return ExplorePage(session, read_catalogue(two_years), estimator)

    return make


RENTERS = {"run": "survey:CENSUS_2022", "var": "tenure", "stat": "share", "level": "Renter"}


def test_an_address_restores_the_years_of_a_chosen_area(make_page, two_years):
    page = make_page(**RENTERS, view="years", area="0100100")
    followed = page.years.followed
    assert followed.years == ("2021", "2022")
    assert page.years.panel.visible
    asked = Statistic("share", "tenure", level="Renter")
    alone = area_series(two_years, [EARLIER, LATER], asked, ("puma",))
    shown = followed.of("0100100")
    known = alone.estimates[alone.estimates["puma"].astype(str) == "0100100"]
    assert shown["estimate"].to_numpy() == pytest.approx(known["estimate"].to_numpy())
    told = page.years.table.object
    assert "Square A" in told
    assert "All areas together" in told
    assert ">changed<" in told
    assert "allowing for the number of areas and years" in told


def test_lines_follow_the_areas_that_are_chosen_and_nothing_is_asked_again(make_page):
    page = make_page(**RENTERS, view="years")
    first = page.years.followed
    assert "Choose an area in the list" in page.years.table.object
    page.choose_area("0100300")
    page.choose_area("0100200", compare=True)
    assert page.years.followed is first
    assert page.years.legend.object.count("<svg") == 3
    assert "could be chance" in page.years.table.object


def test_an_area_without_a_household_in_a_year_leaves_a_gap(make_page):
    page = make_page(**RENTERS, view="years", area="0100500")
    assert "Square E" in page.years.table.object
    assert np.isnan(page.years.followed.of("0100500")["estimate"]).all()


def test_of_a_run_the_years_are_runs_of_the_same_donor_and_the_caveat_is_said(make_page):
    page = make_page(var="cold", stat="share", level="Yes", view="years")
    assert page.years.followed.years == ("2021", "2022")
    assert "not how behaviour changed" in page.years.table.object


def test_one_year_is_told_and_how_to_get_another(mapped_workspace):
    session = Session(mapped_workspace.workspace, "ann", "light", {"view": "years"})
    estimator = Estimator(mapped_workspace.workspace, EstimateCache())
    page = ExplorePage(session, read_catalogue(mapped_workspace.workspace), estimator)
    assert "Only 2021 has this variable" in page.years.table.object
    assert page.years.figure.object is None


def test_the_table_and_the_line_are_taken_away(make_page):
    page = make_page(**RENTERS, view="years", area="0100100")
    csv = next(button for button in page.files.buttons if button.label == "CSV")
    text = csv.callback().getvalue().decode()
    rows = pd.read_csv(io.StringIO(text), comment="#", dtype={"area_id": str, "year": str})
    assert list(rows["year"].unique()) == ["2021", "2022"]
    together = rows[rows["area_id"].isna()]
    assert len(together) == 2
    changed = rows[(rows["area_id"] == "0100100") & (rows["year"] == "2022")].iloc[0]
    assert changed["changed"] == "yes"
    assert "2021-to-2022" in csv.filename
    figure = page.files.figure()
    assert figure.lstrip().startswith("<?xml")
    assert "2021" in figure
    assert "Square A" in figure


def test_another_question_asks_the_years_again_and_another_view_leaves_them(make_page):
    page = make_page(**RENTERS, view="years")
    before = page.years.followed
    page.controls.level.value = "Owner"
    assert page.years.followed is not before
    page.centre.view.value = "map"
    assert not page.years.panel.visible
    assert page.centre._map_view.visible


def test_pumas_that_were_drawn_anew_are_not_followed(tmp_path):
    workspace = Workspace.create(tmp_path / "w", title="Two censuses")
    for vintage, areas in (("2021", ["0100100", "0100200"]), ("2022", ["0100100", "0100300"])):
        table = pd.DataFrame(
            {
                "household_id": [f"{number:03d}" for number in range(80)],
                "puma": np.repeat(areas, 40),
                "np": np.arange(80) % 5 + 1,
                "weight": 10.0,
            }
        )
        description = SurveyDescription(
            SurveyId("ACS", vintage), design=WeightDesign(), geography=("puma",)
        )
        workspace.add_survey(
            Survey(description, Dictionary([variable_from_column("np", table["np"])]), table)
        )
    sources = [SurveyId("ACS", "2021"), SurveyId("ACS", "2022")]
    with pytest.raises(InputError, match="drawn anew between these years"):
        area_series(workspace, sources, Statistic("mean", "np"), ("puma",))
    assert len(area_series(workspace, sources, Statistic("mean", "np")).changes) == 1
