"""The page without a browser: real estimates of a small run, driven through its widgets."""

import dataclasses
import io
import json
import re
import shutil
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fusion_core.estimates.runs import EstimateCache
from fusion_core.fusion import write_implicates
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.surveys.model import SurveyId
from fusion_core.surveys.storage import read_survey
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run
from harmony_app import explore
from harmony_app.explore.data.catalogue import read_catalogue
from harmony_app.explore.data.downloads import FORMATS, file_stem
from harmony_app.explore.data.estimates import Estimator
from harmony_app.explore.data.truth import true_value
from harmony_app.explore.map.figure_svg import FigureTexts, figure_svg
from harmony_app.explore.map.layers import map_layer
from harmony_app.explore.map.map_figure import MapFigure
from harmony_app.explore.map.shapes import area_shapes, readable_name
from harmony_app.explore.page import ExplorePage
from harmony_app.explore.panels import notices_html
from harmony_app.shell.look.figures import sequential_palette
from harmony_app.shell.look.theme import figure_colours
from harmony_app.shell.session import Session

RECIPIENT = SurveyId("CENSUS", "2021")


@pytest.fixture
def make_page(mapped_workspace):
    def make(**query: str) -> ExplorePage:
        session = Session(mapped_workspace.workspace, "ann", "light", query)
        estimator = Estimator(mapped_workspace.workspace, EstimateCache())
        return ExplorePage(session, read_catalogue(mapped_workspace.workspace), estimator)

    return make


def hatched(page: ExplorePage) -> list[int]:
    return page.centre.map._hatched.filter.indices


def test_the_newest_run_and_the_survey_alone_can_be_shown(mapped_workspace):
    catalogue = read_catalogue(mapped_workspace.workspace)
    run, survey = catalogue.sources.values()
    assert run.id == mapped_workspace.run
    assert list(run.fused) == ["cold", "kwh"]
    assert list(run.variables) == [*run.fused, "tenure", "np", "hincp"]
    assert "hincp" in run.columns
    assert survey.id == "survey:CENSUS_2021"
    assert not survey.is_fused


def test_the_first_view_is_a_finished_map(make_page):
    page = make_page()
    assert page.state.variable == "cold"
    assert "Home too cold in winter: Yes" in page.centre.title.object
    assert "no estimate" in page.centre.legend.object
    assert len(page.side.ranked.items) == 5
    assert page.side.ranked.items[0]["name"] == "Square F"
    colours = page.centre.map._source.data["colour"]
    assert f"#{colours[4]:08x}" == figure_colours("light")["grid"] + "ff"
    assert f"#{colours[5]:08x}"[:7] == sequential_palette("estimate", 5, "light")[-1]


def test_an_address_restores_the_view(make_page):
    page = make_page(var="kwh", stat="median", show="cv", area="0100200,0100300", view="table")
    assert page.controls.kind.value == "median"
    assert page.centre.measure.value == "cv"
    assert page.side.comparison.visible
    assert page.centre._table is not None


def test_recolouring_sends_no_polygon_and_asks_nothing(make_page):
    page = make_page()
    source = page.centre.map._source
    before, answer = source.data["xs"], page._answer
    page.centre.measure.value = "cv"
    assert source.data["xs"] is before
    assert page._answer is answer
    assert page.state.measure == "cv"


def test_a_subgroup_changes_the_estimates(make_page):
    page = make_page()
    everyone = page._answer.table["n"].sum()
    page.controls.group.value = "tenure"
    page.controls.levels.value = ["Owner"]
    owners = page._answer.table["n"].sum()
    page.controls.where.value = "hincp < 50000"
    poor_owners = page._answer.table["n"].sum()
    assert everyone > owners > poor_owners > 0
    assert "tenure is Owner and hincp &lt; 50000" in page.centre.title.object


@pytest.mark.parametrize(
    "text", ["hincp <", "read_csv('/etc/passwd')", "__import__('os')", "nothere > 1", "SELECT 1"]
)
def test_a_bad_subgroup_is_told_at_its_field_and_changes_nothing(make_page, text):
    page = make_page()
    answer = page._answer
    page.controls.where.value = text
    assert page.controls.where_error.visible
    assert 'role="alert"' in page.controls.where_error.object
    assert page._answer is answer
    assert all(
        button.disabled for button in page.files.buttons
    )  # they would be named after another question
    page.controls.where.value = ""
    assert not page.controls.where_error.visible
    assert not any(button.disabled for button in page.files.buttons)


def test_an_expression_reads_every_column_areas_are_formed_by(make_page):
    page = make_page()
    assert "puma" not in page.source.columns
    assert set(page.source.area_kinds) <= set(page.source.readable)
    page.controls.where.value = "puma = '0100600'"
    assert not page.controls.where_error.visible
    assert [item["name"] for item in page.side.ranked.items] == ["Square F"]


def test_a_subgroup_nobody_belongs_to_says_so(make_page):
    page = make_page()
    page.controls.where.value = "np > 90"
    assert "No household meets the filter" in page.centre.status.object


def test_an_answer_that_fails_leaves_no_figures_of_another_question(make_page):
    page = make_page()
    page.choose_area("0100600")
    page.controls.where.value = "np > 99"
    assert page.side.ranked.items == []
    assert page.centre.legend.object == ""
    page.controls.where.value = ""
    assert len(page.side.ranked.items) == 5
    assert "no estimate" in page.centre.legend.object


def test_a_question_that_failed_can_be_asked_again(make_page, monkeypatch):
    page = make_page()
    answer = page._estimator.answer

    def fail(*_):
        raise OSError("the disk is gone")

    monkeypatch.setattr(page._estimator, "answer", fail)
    page.controls.where.value = "np > 1"
    assert "could not be computed" in page.centre.status.object
    assert page.side.ranked.items == []
    assert page.centre.again.visible
    monkeypatch.setattr(page._estimator, "answer", answer)
    page.centre.again.clicks += 1
    assert len(page.side.ranked.items) == 5
    assert "np &gt; 1" in page.centre.title.object
    assert not page.centre.again.visible


def test_what_a_question_lacked_is_no_longer_said_of_the_one_before(make_page):
    page = make_page(var="kwh")
    page.controls.kind.value = "ratio"
    page.controls.kind.value = "mean"
    assert "denominator" not in page.centre.status.object
    assert page._answer.request.statistic.kind == "mean"


def test_a_link_to_what_is_gone_says_what_is_shown_instead(make_page):
    page = make_page(run="deleted")
    assert "There is no &#39;deleted&#39; to show; this is" in notices_html(
        read_catalogue(page._session.workspace), page._elsewhere
    )
    gone = make_page(run=page.source.id, var="nothing")
    assert gone._elsewhere.endswith("has no variable 'nothing'; this is another one.")
    assert make_page()._elsewhere == ""


def test_a_long_computation_colours_the_map_first_unless_it_is_known(make_page, monkeypatch):
    shown = []
    monkeypatch.setattr("harmony_app.explore.data.estimates._MANY", 0)
    original = ExplorePage._show_answer
    monkeypatch.setattr(
        ExplorePage,
        "_show_answer",
        lambda page, answer: shown.append(answer) or original(page, answer),
    )
    nobody_asked = "np >= 3 AND hincp > 12345"
    page = make_page(where=nobody_asked)
    first, last = shown
    assert not first.margins
    assert last.margins
    assert first.table["moe"].isna().all()
    np.testing.assert_allclose(first.table["estimate"], last.table["estimate"], rtol=1e-12)
    known = make_page(where=nobody_asked)
    assert len(shown) == 3
    pd.testing.assert_frame_equal(shown[2].table, last.table)
    assert known.centre.title.object == page.centre.title.object


def test_choosing_two_areas_compares_them(make_page):
    page = make_page()
    page.choose_area("0100600")
    assert "Square F" in page.side.card.object
    assert "Estimate in each of 6 implicates" in page.side.card.object
    page.choose_area("0100100", compare=True)
    found = page.side.comparison.object
    assert "Square F is higher than Square A by" in found
    assert "allowing for its choice among 10 comparisons" in found
    assert "adjusted for 10 comparisons" in found
    assert page.centre.map._pins.data["label"] == ["A", "B"]
    page.side.clear.clicks += 1
    assert not page.side._detail.visible


def test_an_area_is_compared_with_all_areas_together(make_page):
    page = make_page(area="0100600")
    page.side.against.value = "all"
    assert page.state.against == "all"
    card = page.side.comparison.object
    assert "Square F is higher than all areas together by" in card
    assert "allowing for its choice among 5 comparisons" in card
    assert make_page(area="0100600", against="all").side.comparison.object == card
    page.choose_area("0100100", compare=True)
    assert "Square F is higher than Square A" in page.side.comparison.object


def test_an_area_is_compared_with_itself_in_another_source(make_page):
    page = make_page(var="tenure", area="0100600", run="survey:CENSUS_2021")
    assert list(page.side.against.options.values())[:2] == ["", "all"]
    other = [value for value in page.side.against.options.values() if value not in {"", "all"}]
    page.side.against.value = other[0]
    # The same answers of the same households.
    assert "could be chance" in page.side.comparison.object


def test_an_unsampled_area_can_be_chosen(make_page):
    page = make_page()
    page.choose_area("0100500")
    assert "No household of this kind" in page.side.card.object
    page.choose_area("0100100", compare=True)
    assert "no estimate" in page.side.comparison.object


def test_an_area_is_broken_down_by_another_variable(make_page):
    page = make_page(area="0100200")
    page.side.breakdown.value = "tenure"
    assert "Owner" in page.side.table.object
    assert "Renter" in page.side.table.object


def test_an_area_is_broken_down_by_a_fused_variable(make_page):
    page = make_page(var="kwh", area="0100200")
    offered = list(page.side.breakdown.options.values())
    assert offered.index("tenure") < offered.index("cold")
    assert "kwh" not in offered
    page.side.breakdown.value = "cold"
    assert "Yes" in page.side.table.object
    assert "cold" not in make_page(var="cold", area="0100200").side.breakdown.options.values()


def test_an_area_is_found_by_name(make_page):
    page = make_page()
    page.side.find.value = "Square C"
    assert page.state.areas == ("0100300",)
    page.side.compare_with.value = "Square D"
    assert page.state.areas == ("0100300", "0100400")


def test_the_hatch_rule_reaches_map_and_list(make_page):
    page = make_page()
    page.controls.hatch.value = "never"
    assert hatched(page) == []
    page.controls.hatch.value = "cv:0.12"
    assert hatched(page)
    assert any(item["unsure"] for item in page.side.ranked.items)


def test_own_breaks_are_typed_in_percent(make_page):
    page = make_page()
    page.controls.method.value = "manual"
    page.controls.breaks.value = "20, 40"
    assert page.state.breaks == pytest.approx((0.2, 0.4))
    page.controls.breaks.value = "20, forty"
    assert "not a number" in page.controls.breaks_error.object
    assert page.state.breaks == pytest.approx((0.2, 0.4))


@pytest.mark.parametrize(
    "kind", ["mean", "median", "total", "share_above", "share_below", "quantile"]
)
def test_every_statistic_of_a_number_is_drawn(make_page, kind):
    page = make_page(var="kwh")
    page.controls.kind.value = kind
    assert page._answer.request.statistic.kind == kind
    assert np.isfinite(page._answer.table["estimate"]).sum() == 5


def test_the_other_side_of_a_threshold_is_one_choice_away(make_page):
    page = make_page(var="kwh", stat="share_above", above="9000.5")
    above = page._answer.table["estimate"].to_numpy(dtype=float)
    page.controls.kind.value = "share_below"
    assert page.controls.threshold.label.startswith("Below")
    assert page.state.threshold == 9000.5
    below = page._answer.table["estimate"].to_numpy(dtype=float)
    assert np.nan_to_num(above + below, nan=1.0) == pytest.approx(1.0)
    assert "Share of households below" in page.centre.title.object


def test_a_ratio_asks_for_its_denominator_first(make_page):
    page = make_page(var="kwh")
    page.choose_area("0100600")
    page.controls.kind.value = "ratio"
    assert "needs a denominator" in page.centre.status.object
    # Nothing of the mean is left that could be taken for a ratio.
    assert page._answer is None
    assert "Mean per household" not in page.centre.title.object
    assert page.centre.legend.object == ""
    assert page.side.ranked.items == []
    assert not page.side._detail.visible
    assert page._footnote.object == ""
    page.controls.denominator.value = "hincp"
    assert page._answer.request.statistic.denominator == "hincp"
    assert not any(button.disabled for button in page.files.buttons)


def test_a_question_that_lacks_a_part_leaves_no_figure_of_the_one_before(make_page):
    page = make_page(var="kwh", area="0100100")
    source = page.centre.map._source
    assert len(set(source.data["colour"])) > 1
    page.controls.kind.value = "ratio"
    assert page._answer is None
    assert page.side.ranked.items == []
    assert not page.side._detail.visible
    assert page.centre.legend.object == page.centre.about.object == page._footnote.object == ""
    assert "overall" not in page.centre.title.object
    assert len(set(source.data["colour"])) == 1
    assert set(source.data["value"]) == {" "}
    assert hatched(page) == []
    assert all(button.disabled for button in page.files.buttons)
    page.controls.kind.value = "mean"
    assert len(page.side.ranked.items) == 5
    assert len(set(source.data["colour"])) > 1


def test_a_table_that_was_looked_at_is_emptied_with_the_map(make_page):
    page = make_page(var="kwh", view="table")
    assert len(page.centre._table.value) == 6
    page.controls.kind.value = "ratio"
    assert len(page.centre._table.value) == 0


def test_the_survey_alone_has_areas_and_comparisons_too(make_page):
    page = make_page(run="survey:CENSUS_2021", var="tenure", area="0100100,0100200")
    assert "Do they differ?" in page.side.comparison.object
    assert "implicates" not in page.note.summary


def test_the_method_note_names_what_was_done(make_page):
    facts = dict(make_page().note.facts)
    assert (facts["Implicates"], facts["Seed"], facts["Replicate weights"]) == ("6", "11", "80")
    assert "80 replicate weights (successive difference), plus" in facts["Margin of error"]
    assert "Satterthwaite" in facts["Degrees of freedom"]
    alone = dict(make_page(run=f"survey:{RECIPIENT}").note.facts)
    assert "donor" not in alone["Margin of error"]
    assert "1.645" in alone["Degrees of freedom"]


@pytest.fixture
def meagre(mapped_workspace, tmp_path):
    """The run with one implicate, a recipient without replicate weights, and one common answer."""
    shutil.copytree(mapped_workspace.workspace.path, tmp_path / "own")
    workspace = Workspace.open(tmp_path / "own")
    run = open_run(workspace, mapped_workspace.run)
    recipient = pd.read_parquet(run.input_folder / "recipient.parquet")
    names = ["household_id", "puma", "weight"]
    recipient[names].to_parquet(run.input_folder / "recipient.parquet")
    survey = read_survey(workspace.survey_folder(RECIPIENT))
    described = dataclasses.replace(survey.description, design=WeightDesign())
    plain = survey.household.drop(columns=list(WeightDesign.successive_difference().columns))
    workspace.add_survey(dataclasses.replace(survey, description=described, household=plain))
    record = read_json(run.folder / "spec.json")
    write_json(record | {"implicates": 1}, run.folder / "spec.json")
    shutil.rmtree(run.implicates_folder)
    rows = len(recipient)
    first = Implicates(
        {
            "cold": FusedVariable("cold", np.arange(rows)[:, None] % 2, ("Yes", "No")),
            "kwh": FusedVariable("kwh", np.full((rows, 1), 9000.0)),
        }
    )
    write_implicates(first, run.implicates_folder)

    def make(**query: str) -> ExplorePage:
        session = Session(workspace, "ann", "light", query)
        return ExplorePage(
            session, read_catalogue(workspace), Estimator(workspace, EstimateCache())
        )

    return make


def test_what_is_assumed_for_want_of_weights_and_implicates_is_said(meagre):
    page = meagre(var="cold", area="0100100")
    card = page.side.card.object
    assert "No replicate weights" in card
    assert "One implicate" in card
    facts = dict(page.note.facts)
    assert facts["Replicate weights"] == "no"
    assert "linearized" in facts["Margin of error"]
    assert "one implicate shows no more" in facts["Margin of error"]
    assert "households less one" in facts["Degrees of freedom"]
    assert "no replicate weights" in page.note.summary


def test_a_median_that_cannot_move_is_hatched_and_its_margin_called_unknown(meagre):
    page = meagre(var="kwh", stat="median", area="0100100")
    card = page.side.card.object
    assert "Its margin of error is unknown" in card
    assert "unknown, not zero" in card
    assert "reliability unknown" in card
    assert len(hatched(page)) == np.isfinite(page._answer.table["estimate"]).sum()
    assert "unknown margin" in page.note.html()
    item = next(item for item in page.side.ranked.items if item["area"] == "0100100")
    assert item["unsure"]
    assert item["low"] is None


def test_every_download_opens_again_with_numbers_and_note(make_page):
    page = make_page()
    table, note, frame = page._answer.table, page.note, page._shapes.frame
    files = {name: write(table, note, frame) for name, (_, write) in FORMATS.items()}
    csv = pd.read_csv(io.BytesIO(files["CSV"]), comment="#", dtype={"area_id": str})
    assert csv["area_id"].tolist() == table["area_id"].tolist()
    assert b"# Seed: 11" in files["CSV"]
    book = openpyxl.load_workbook(io.BytesIO(files["XLSX"]))
    assert book.sheetnames == ["estimates", "note"]
    parquet = pq.read_table(io.BytesIO(files["Parquet"]))
    assert b"Seed: 11" in parquet.schema.metadata[b"note"]
    geojson = gpd.read_file(io.BytesIO(files["GeoJSON"]))
    assert geojson.crs.to_epsg() == 4326
    assert "Seed: 11" in json.loads(files["GeoJSON"])["note"]


def test_the_figure_is_a_document_of_its_own(make_page):
    page = make_page()
    layer = map_layer(page._answer.table, page.state, page._quantity(page._answer.request), "light")
    texts = FigureTexts("Title <b>", "Subtitle", "hatched", "Note " * 60)
    svg = figure_svg(page._shapes, layer, texts)
    assert svg.startswith("<svg")
    assert "Title &lt;b&gt;" in svg
    assert svg.count("<path") == 6 + len(layer.unreliable)


def test_long_words_stay_inside_the_figure(make_page):
    page = make_page()
    layer = map_layer(page._answer.table, page.state, page._quantity(page._answer.request), "light")
    texts = FigureTexts("What share of the home " * 12, "among " * 90, "hatched", "W" * 900)
    root = ET.fromstring(figure_svg(page._shapes, layer, texts))  # noqa: S314 - our own
    width, height = float(root.get("width")), float(root.get("height"))
    written = [item for item in root.iter("{http://www.w3.org/2000/svg}text") if item.get("x")]
    for item in written:
        size = float(item.get("font-size"))
        assert float(item.get("x")) + 0.58 * size * len(item.text) < width
        assert float(item.get("y")) < height
    assert sum(len(item.text.replace(" ", "")) for item in written if item.text[0] == "W") > 900


def test_the_figure_shows_the_areas_with_an_estimate_as_the_page_does(make_page):
    page = make_page()
    layer = map_layer(page._answer.table, page.state, page._quantity(page._answer.request), "light")
    texts = FigureTexts("Title", "Subtitle", "hatched", "Note")
    codes = layer.codes.copy()
    codes[1:] = -1
    one = dataclasses.replace(layer, codes=codes, unreliable=())
    all_paths = figure_svg(page._shapes, layer, texts).count("<path")
    drawn = figure_svg(page._shapes, one, texts)
    assert 1 <= drawn.count("<path") < all_paths
    points = np.array(re.findall(r"([\d.-]+),([\d.-]+)", drawn.split('<path d="')[1]), dtype=float)
    assert np.ptp(points[:, 0]) > 600 or np.ptp(points[:, 1]) > 600


def test_file_names_say_what_is_inside():
    assert file_stem("share main_ac Central & more", "puma") == "share-main-ac-central-more-by-puma"


def test_census_names_lose_what_a_list_repeats():
    assert readable_name("Seattle City--University PUMA") == "Seattle City – University"


def test_an_area_may_have_islands_and_one_row(mapped_workspace):
    shapes = area_shapes(mapped_workspace.workspace, "puma")
    assert len(shapes.xs) == 6
    assert len(shapes.xs[0]) == 2


def test_true_values_are_only_told_of_whole_areas(mapped_workspace, make_page, tmp_path):
    page = make_page()
    request = page._answer.request
    assert true_value(mapped_workspace.workspace, request, "0100100") is None
    workspace = Workspace.create(tmp_path / "truth")
    (workspace.path / "truth").mkdir()
    pd.DataFrame(
        {
            "area_kind": "puma",
            "area_id": ["0100100"],
            "subgroup": "all",
            "variable": "cold",
            "level": "Yes",
            "statistic": "share",
            "value": [0.07],
        }
    ).to_parquet(workspace.path / "truth" / "truth.parquet")
    assert true_value(workspace, request, "0100100") == pytest.approx(0.07)
    assert true_value(workspace, dataclasses.replace(request, where="np > 1"), "0100100") is None


def test_an_empty_workspace_says_what_to_do(tmp_path):
    session = Session(Workspace.create(tmp_path / "empty"), "ann", "light", {})
    assert "Fuse page" in explore.build(session).object


def test_names_in_the_data_cannot_become_markup(make_page):
    page = make_page()
    page.controls.where.value = "<script>alert(1)</script>"
    assert "<script>" not in page.controls.where_error.object


def test_the_map_opens_on_the_areas_that_have_an_estimate(make_page):
    page = make_page()
    figure = page.centre.map
    shapes = page._shapes
    layer = map_layer(page._answer.table, page.state, page._quantity(page._answer.request), "light")
    codes = np.full(len(shapes.areas), -1)
    codes[2] = 0
    figure.show_layer(dataclasses.replace(layer, codes=codes, unreliable=()))
    west, south, east, north = shapes.extent(np.array([2]))
    assert figure._extent.data == {"x": [west, east], "y": [south, north]}
    bounds = shapes.frame.geometry.iloc[2].bounds
    assert west < bounds[0] < bounds[2] < east
    assert south < bounds[1] < bounds[3] < north


def test_the_outlines_are_in_view_before_there_is_an_estimate(make_page):
    shapes = make_page()._shapes
    figure = MapFigure(shapes, "light", print)
    west, south, east, north = shapes.extent(np.arange(len(shapes.areas)))
    assert figure._extent.data == {"x": [west, east], "y": [south, north]}


def test_every_area_is_ranked_with_the_ranks_it_may_have(make_page):
    page = make_page()
    items = page.side.ranked.items
    assert len(items) == 5  # the sixth has no household
    assert all("±" in item["value"] for item in items)
    assert all(item["ranks"] for item in items)
    assert "not distinguishable from the first" in page.side.note.object
    page.side.order.value = True
    lowest = page.side.ranked.items
    assert lowest[0]["area"] == items[-1]["area"]


def test_the_legend_says_how_many_areas_may_belong_to_another_class(make_page):
    assert "of 5 areas may belong to another class" in make_page().centre.legend.object


def test_the_gap_of_years_stands_on_map_panel_and_note(make_page):
    page = make_page()
    page.choose_area("0100600")
    gap = page.source.apart(page._answer.request)
    assert "apart" in gap
    assert gap in page.centre.notes.object
    assert gap in page.side.card.object
    assert page.source.years[0].sentence in page.note.text()


def test_an_answer_of_the_recipient_alone_is_of_one_year(make_page):
    page = make_page()
    gap = page.source.apart(page._answer.request)
    page.controls.variable.value = "hincp"
    assert page.source.is_fused
    assert gap not in page.centre.notes.object
    page.controls.where.value = "cold = 'Yes'"
    assert gap in page.centre.notes.object


def test_variables_are_offered_as_fused_and_as_answered(make_page):
    offered = make_page().controls.variable.groups
    assert [list(names.values()) for names in offered.values()] == [
        ["cold", "kwh"],
        ["tenure", "np", "hincp"],
    ]
    assert [heading.split()[0] for heading in offered] == ["Fused", "Answered"]


def test_the_answer_sheet_is_the_page_to_print(make_page):
    page = make_page()
    page.choose_area("0100600")
    button = next(item for item in page.files.buttons if item.label == "Answer sheet")
    sheet = button.callback().getvalue().decode()
    assert "Square F" in sheet
    assert "May I publish this?" in sheet
    assert "data:image/svg+xml" in sheet
