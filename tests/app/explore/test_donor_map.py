"""The donor's own estimates beside the fused map."""

import pandas as pd
import pytest

from fusion_core.estimates.places import DonorResolution
from fusion_core.estimates.runs import EstimateCache
from harmony_app.explore.data import Estimator, donor_map, read_catalogue, view_figure
from harmony_app.explore.map import outlines
from harmony_app.explore.page import ExplorePage
from harmony_app.shell.session import Session

WEST = ("0100100", "0100200", "0100300")
EAST = ("0100400", "0100500", "0100600")


@pytest.fixture
def make_page(mapped_workspace, monkeypatch):
    """Make pages whose donor publishes two places."""

    def make(*, known: bool = True, **query: str) -> ExplorePage:
        session = Session(mapped_workspace.workspace, "ann", "light", query)
        catalogue = read_catalogue(mapped_workspace.workspace)
        estimator = Estimator(mapped_workspace.workspace, EstimateCache())
        if known:
            donor = next(iter(catalogue.sources.values())).specs[0].pair.donor
            monkeypatch.setattr(estimator, "donor_alone", lambda *_: resolution(donor))
        return ExplorePage(session, catalogue, estimator)

    return make


def resolution(donor) -> DonorResolution:
    table = pd.DataFrame(
        {
            "half": ["West", "East"],
            "estimate": [0.1, 0.6],
            "moe": [0.02, 0.03],
            "standard_error": [0.012, 0.018],
            "cv": [0.12, 0.9],
            "reliability": ["high", "low"],
            "n": [200, 10],
        }
    )
    place_of = dict.fromkeys(WEST, "West") | dict.fromkeys(EAST, "East")
    return DonorResolution(donor, "half", place_of, 0, table, pd.DataFrame())


def test_every_area_has_the_colour_of_its_place_in_the_classes_of_the_fused_map(make_page):
    page = make_page()
    fused = page._answer
    found = donor_map(page.state, page.source, fused, resolution(page.source.survey), "light")
    assert len(set(found.layer.codes[:3])) == len(set(found.layer.codes[3:])) == 1
    assert found.layer.codes[0] < found.layer.codes[5]
    assert found.layer.unreliable == (3, 4, 5)
    assert "Donor alone, West: 10.0" in found.texts[0].replace("\N{NO-BREAK SPACE}", " ")


def test_the_view_shows_it_below_and_takes_it_away_again(make_page):
    page = make_page(view="donor")
    below = page.centre.map._donor
    assert below.plot.visible
    assert below.plot.x_range is page.centre.map.plot.x_range
    assert below._title.text == "HEAT 2020 alone, by half"
    assert "HEAT 2020 alone" in page.centre.status.object
    assert "West" in page.centre.map._source.data["donor"][0]
    page.centre.view.value = "map"
    assert not below.plot.visible
    assert page.centre.map._source.data["donor"][0].strip() == ""


def test_polygons_are_not_sent_again(make_page):
    page = make_page()
    before = page.centre.map._source.data["xs"]
    page.centre.view.value = "donor"
    assert page.centre.map._source.data["xs"] is before


def test_the_saved_figure_holds_both_maps(make_page):
    page = make_page(view="donor")
    svg = page.files.figure()
    assert svg.count("<clipPath") == 2
    assert "HEAT 2020 alone, by half" in svg
    assert "Fused onto CENSUS 2021, by PUMA" in svg


def test_a_donor_without_places_says_so_and_keeps_the_fused_map(make_page):
    page = make_page(known=False, view="donor")
    assert "publishes no place" in page.centre.status.object
    assert page.centre.map._donor is None
    assert "<svg" in page.files.figure()


def test_borders_are_those_of_places(make_page):
    page = make_page()
    borders = outlines(page._shapes, ["West"] * 3 + ["East"] * 3)
    # Two places, and the island of the first area.
    assert len(borders) == 3


def test_no_donor_stands_beside_what_the_recipient_answered_itself(make_page):
    page = make_page(known=False, var="hincp", view="donor")
    assert "hincp is an answer of CENSUS 2021" in page.centre.status.object
    assert page.centre.map._donor is None


def test_the_figure_of_a_view_without_donor_has_one_map(make_page):
    page = make_page()
    shown = page._shown()
    svg = view_figure(shown.state, shown.source, shown.answer, shown.note, shown.shapes)
    assert svg.count("<clipPath") == 1
