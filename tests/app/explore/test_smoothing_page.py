"""Direct estimates that borrow strength, on the Explore page; never fused areas as such."""

import io
from dataclasses import replace

import pandas as pd
import pytest

from fusion_core.estimates import Statistic
from fusion_core.estimates.places import DonorResolution
from fusion_core.estimates.runs import EstimateCache
from fusion_core.estimates.smoothing import Smoothed, fit_area_model, smooth_survey
from fusion_core.surveys.model import SurveyId
from harmony_app.explore.data import Estimator, estimates, read_catalogue, smoothing_offer
from harmony_app.explore.page import ExplorePage
from harmony_app.shell.session import Session

RENTERS = {"run": "survey:CENSUS_2021", "var": "tenure", "stat": "share", "level": "Renter"}
WEST = ("0100100", "0100200", "0100300")
EAST = ("0100400", "0100600")


@pytest.fixture
def make_page(mapped_workspace):
    def make(**query: str) -> ExplorePage:
        session = Session(mapped_workspace.workspace, "ann", "light", query)
        estimator = Estimator(mapped_workspace.workspace, EstimateCache())
        return ExplorePage(session, read_catalogue(mapped_workspace.workspace), estimator)

    return make


def offered(page: ExplorePage) -> bool:
    return page.controls.smoothing.choice.visible


def test_a_surveys_own_areas_borrow_strength_and_the_address_keeps_it(make_page, mapped_workspace):
    page = make_page(**RENTERS)
    assert offered(page)
    page.controls.smoothing.choice.value = True
    asked = Statistic("share", "tenure", level="Renter")
    found = smooth_survey(mapped_workspace.workspace, SurveyId("CENSUS", "2021"), asked)
    rows = page._answer.table.dropna(subset="estimate")
    assert rows["estimate"].to_numpy() == pytest.approx(found.table["estimate"].to_numpy())
    assert "smoothed by a Fay–Herriot model of 5 areas" in page.centre.notes.object
    again = make_page(**RENTERS, smooth="yes")
    assert again._answer.table.equals(page._answer.table)


def test_order_and_colours_follow_the_triple_goal_estimates(make_page):
    page = make_page(**RENTERS, smooth="yes")
    rows = page._answer.table.dropna(subset="estimate").sort_values("smooth_rank")
    assert [item["area"] for item in page.side.ranked.items] == rows["area_id"].tolist()
    assert all(item["ranks"] == "" for item in page.side.ranked.items)
    assert "listed by expected rank" in page.side.note.object
    spread = rows["for_maps"].max() - rows["for_maps"].min()
    assert spread > rows["estimate"].max() - rows["estimate"].min()


def test_an_area_says_its_own_answers_and_is_not_compared(make_page):
    page = make_page(**RENTERS, smooth="yes", area="0100100")
    assert "Its own answers say" in page.side.card.object
    assert "of the weight" in page.side.card.object
    assert not page.side.compare_with.visible
    assert not page.side.breakdown.visible


def test_a_download_holds_what_was_asked_and_what_became_of_it(make_page):
    page = make_page(**RENTERS, smooth="yes")
    button = next(each for each in page.files.buttons if each.label == "CSV")
    text = button.callback().getvalue().decode()
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert {"direct", "direct_moe", "weight_of_direct", "for_maps", "smooth_rank"} <= set(table)
    assert "# Smoothing: " in text
    sheet = page.files.buttons[-1]
    assert sheet.label == "Answer sheet"
    assert sheet.disabled


@pytest.mark.parametrize(
    "question",
    [
        {"var": "np", "stat": "median"},
        {"var": "np", "stat": "total"},
        {"var": "tenure", "stat": "share", "level": "Renter", "with": "mean:np"},
    ],
)
def test_only_averages_of_one_variable_are_smoothed(make_page, question):
    page = make_page(run=RENTERS["run"], **question, smooth="yes")
    assert not offered(page)
    assert not page.state.smooth


def test_fused_areas_are_refused_with_the_reason(make_page):
    page = make_page(var="cold", stat="share", level="Yes", where="np > 1", smooth="yes")
    assert not page.state.smooth
    assert not offered(page)
    assert "nobody was asked there" in page.controls.smoothing.reason.object


def test_places_too_few_for_a_model_are_refused_before_it_is_tried(make_page):
    page = make_page(var="cold", stat="share", level="Yes")
    source = replace(page.source, donor_places=5)
    offer = smoothing_offer(page.state, source)
    assert not offer.how
    assert offer.reason.endswith("HEAT 2020 tells 5 places apart, where a model needs 6.")
    assert smoothing_offer(page.state, replace(source, donor_places=6)).how == "donor"


def test_of_a_run_the_donors_places_are_smoothed_and_pumas_agree(make_page, monkeypatch):
    donor = SurveyId("HEAT", "2020")
    alone = DonorResolution(
        donor,
        "half",
        dict.fromkeys(WEST, "West") | dict.fromkeys(EAST, "East"),
        0,
        places(direct=None),
        pd.DataFrame(),
    )
    made = Smoothed(places(direct=[0.1, 0.6]), model(), "Smoothed places.", pumas())
    monkeypatch.setattr(estimates, "smoothed", lambda *_: made)
    monkeypatch.setattr(estimates, "donor_resolution", lambda *_, **__: alone)
    page = make_page(var="cold", stat="share", level="Yes")
    assert offered(page)
    assert "Agree with the donor" in page.controls.smoothing.choice.label
    assert "nobody was asked there" in page.controls.smoothing.reason.object
    page.controls.smoothing.choice.value = True
    shown = page._answer.table.set_index("area_id")
    assert shown.loc["0100100", "estimate"] == pytest.approx(0.2)
    page.choose_area("0100100")
    assert "brought into agreement with the donor" in page.side.card.object
    page.centre.view.value = "donor"
    assert page._donor.table["estimate"].tolist() == [0.2, 0.5]


def places(direct):
    table = pd.DataFrame({"half": ["West", "East"], "n": [200, 10], "estimate": [0.2, 0.5]})
    certain = {"standard_error": 0.02, "moe": 0.033, "cv": 0.1, "reliability": "high"}
    if direct is not None:
        beside = {"direct_moe": 0.05, "weight_of_direct": 0.5, "for_maps": [0.19, 0.51]}
        table = table.assign(direct=direct, **beside, rank=[2, 1])
    return table.assign(**certain)


def pumas():
    areas = [*WEST, *EAST]
    table = pd.DataFrame({"puma": areas, "fused": 0.25, "n": 60, "estimate": 0.2})
    return table.assign(
        standard_error=0.02, moe=0.033, lower=0.167, upper=0.233, cv=0.1, reliability="high"
    )


def model():
    values = pd.Series([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).to_numpy()
    return fit_area_model(values, values * 0 + 0.01)
