"""Two variables on one map, and only the areas of a place: on the page and by command."""

import io

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fusion_core.errors import InputError
from fusion_core.estimates.runs import EstimateCache
from fusion_core.estimates.statistics import Statistic
from harmony_app.explore.data import Estimator, read_catalogue
from harmony_app.explore.page import ExplorePage
from harmony_app.explore.view import ExploreState, from_query, second_statistic, to_query
from harmony_app.figures import app as figure_command
from harmony_app.shell.look import two_way_palette
from harmony_app.shell.session import Session


@pytest.fixture
def make_page(mapped_workspace):
    def make(**query: str) -> ExplorePage:
        session = Session(mapped_workspace.workspace, "ann", "light", query)
        estimator = Estimator(mapped_workspace.workspace, EstimateCache())
        return ExplorePage(session, read_catalogue(mapped_workspace.workspace), estimator)

    return make


def figure(workspace, to, *options: str):
    asked = ["map", *options, "--to", str(to), "--workspace", str(workspace.path)]
    return CliRunner().invoke(figure_command, asked)


def test_a_second_variable_makes_a_map_of_nine_colours(make_page):
    page = make_page()
    page.controls.second.variable.value = "kwh"
    assert page.state.second == Statistic("mean", "kwh")
    legend = page.centre.legend.object
    assert legend.count("<td") == 9
    assert "class uncertain in either variable" in legend
    assert ", and " in page.centre.title.object
    colours = {f"#{value:08x}"[:7] for value in page.centre.map._source.data["colour"]}
    assert len(colours & set(two_way_palette("light"))) > 1
    texts = page.centre.map._source.data
    assert "kwh" in texts["interval"][0].casefold()
    assert "in the second" in texts["note"][0]


def test_its_statistic_is_chosen_and_it_is_let_go(make_page):
    page = make_page(**{"with": "mean:kwh"})
    page.controls.second.kind.value = "share_above"
    assert page.state.second.kind == "share_above"
    page.controls.second.threshold.value = 9000.0
    assert page.state.second.threshold == 9000.0
    page.controls.second.variable.value = ""
    assert page.state.second is None
    assert "<td" not in page.centre.legend.object


def test_the_hatched_areas_are_those_of_an_uncertain_class(make_page):
    page = make_page(**{"with": "mean:kwh"})
    table = page._answer.table
    hatched = page.centre.map._hatched.filter.indices
    shown = np.isfinite(table["estimate"]) & np.isfinite(table["second_estimate"])
    assert set(hatched) <= set(np.flatnonzero(shown))
    assert f"{len(hatched)} of {int(shown.sum())} areas" in page.centre.legend.object


def test_a_download_holds_both_variables_and_the_classes(make_page):
    page = make_page(**{"with": "mean:kwh"})
    csv = next(button for button in page.files.buttons if button.label == "CSV")
    rows = pd.read_csv(io.BytesIO(csv.callback().getvalue()), comment="#")
    assert {"estimate", "second_estimate", "second_moe", "class", "second_class"} <= set(rows)
    assert set(rows["class"].dropna()) <= {"low", "middle", "high"}
    assert rows["class_unsure"].dtype == bool


def test_only_the_areas_of_a_place_are_shown_ranked_and_written(make_page):
    page = make_page()
    everywhere = page._answer.overall["n"]
    page.controls.within.value = "Square B"
    assert page._answer.request.within == "Square B"
    assert [item["name"] for item in page.side.ranked.items] == ["Square B"]
    assert page._answer.overall["n"] < everywhere
    assert "in Square B" in page.centre.title.object
    assert "no estimate" not in page.centre.legend.object
    csv = next(button for button in page.files.buttons if button.label == "CSV")
    assert len(pd.read_csv(io.BytesIO(csv.callback().getvalue()), comment="#")) == 1


def test_a_place_nobody_knows_is_told(make_page):
    page = make_page(within="Atlantis")
    assert "Atlantis" in page.centre.status.object


def test_the_address_keeps_both():
    state = ExploreState(
        variable="cold", within="New York", second=Statistic("share", "fuel", level="Gas = yes")
    )
    found = from_query({name: text for name, text in to_query(state).items() if text})
    assert (found.within, found.second) == (state.within, state.second)
    assert from_query({"with": "nonsense"}).second is None


def test_a_threshold_is_kept_between_kinds(mapped_workspace):
    source = next(iter(read_catalogue(mapped_workspace.workspace).sources.values()))
    kwh = source.variables["kwh"]
    above = second_statistic("share_above", kwh)
    assert above.threshold is not None
    below = second_statistic("share_below", kwh, Statistic("share_above", "kwh", threshold=7.0))
    assert below.threshold == 7.0


def test_the_command_draws_what_the_page_saves(mapped_workspace, make_page, tmp_path):
    to = tmp_path / "figure.svg"
    found = figure(mapped_workspace.workspace, to, "-v", "cold", "--with", "kwh")
    assert found.exit_code == 0, found.output
    assert to.read_text(encoding="utf-8") == make_page(**{"with": "mean:kwh"}).files.figure()


def test_the_command_draws_an_address_of_the_page(mapped_workspace, tmp_path):
    to = tmp_path / "figure.svg"
    address = f"http://localhost:5006/explore?run={mapped_workspace.run}&var=kwh&within=Square+C"
    assert figure(mapped_workspace.workspace, to, "--link", address).exit_code == 0
    assert "Square C" in to.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-v", "share:cold"), "has 2 levels"),
        (("-v", "nothere"), "nothere"),
        (("-v", "cold", "--classes", "pretty"), "pretty"),
    ],
)
def test_the_command_refuses_what_it_cannot_draw(mapped_workspace, tmp_path, options, told):
    found = figure(mapped_workspace.workspace, tmp_path / "figure.svg", *options)
    assert isinstance(found.exception, InputError)
    assert told in found.exception.message


def test_a_figure_is_an_svg_file(mapped_workspace, tmp_path):
    found = figure(mapped_workspace.workspace, tmp_path / "figure.png", "-v", "cold")
    assert isinstance(found.exception, InputError)
