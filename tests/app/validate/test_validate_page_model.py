"""The Validate page without a browser: curves, verdicts and distributions of a small run."""

import dataclasses
import shutil
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunState, create_run, open_run
from harmony_app import validate
from harmony_app.figures.look import Look
from harmony_app.figures.subsets.curves import curve_view
from harmony_app.figures.subsets.metrics import METRICS
from harmony_app.shell.session import Session
from harmony_app.shell.work.waiting import waiting_html
from harmony_app.validate.page import ValidatePage
from harmony_app.validate.place import finished_runs
from harmony_app.validate.view.record import read_validated
from harmony_app.validate.view.state import (
    ValidateState,
    families,
    from_query,
    in_family,
    repair,
    to_query,
    toggle_variable,
)


@pytest.fixture
def make_page(mapped_workspace):
    def make(**state: str) -> ValidatePage:
        workspace = mapped_workspace.workspace
        run = open_run(workspace, mapped_workspace.run)
        chosen: list[str] = []
        return ValidatePage(
            Session(workspace, "ann", "light", {}),
            ValidateState(run=run.id, **state),
            read_validated(workspace, run, {}),
            finished_runs(workspace),
            choose_run=chosen.append,
        )

    return make


@pytest.fixture
def own_workspace(mapped_workspace, tmp_path) -> Workspace:
    """A copy whose runs a test may change."""
    shutil.copytree(mapped_workspace.workspace.path, tmp_path / "own")
    return Workspace.open(tmp_path / "own")


def text_of(holder) -> str:
    return holder.objects[-1].object


def test_all_variables_have_a_line_in_every_panel_and_a_verdict(make_page):
    page = make_page()
    for metric in METRICS:
        for name in ("cold", "kwh"):
            [line] = [
                each for each in page.subsets.linked.view.lines[metric.name] if each.name == name
            ]
            assert len(line.x) > 10
    assert [item["variable"] for item in page.verdicts.items] == ["cold", "kwh"]
    assert all("typical error" in item["verdict"] for item in page.verdicts.items)


def test_the_horizontal_axis_is_the_square_root_of_the_share(make_page):
    page = make_page()
    points = page.subsets.linked.source.data
    shares = page.subsets.metrics["share"].to_numpy()
    assert np.asarray(points["x"]).max() == pytest.approx(np.sqrt(shares.max()))


def test_a_chosen_variable_keeps_its_cloud_and_the_others_fade(make_page):
    page = make_page()
    page._choose_variable("kwh")
    assert set(page.subsets.linked.source.data["variable"]) == {"kwh"}
    lines = page.subsets.linked.view.lines["value_added"]
    assert {line.name: line.alpha < 0.5 for line in lines} == {"cold": True, "kwh": False}
    page.subsets._show_table()
    assert set(page.subsets.table.value["variable"]) == {"kwh"}
    page._choose_variable("kwh")
    assert page.state.variable == ""


def test_every_point_names_its_subset(make_page):
    titles = make_page().subsets.linked.source.data["title"]
    assert any("region: North" in title for title in titles)
    assert any("· Yes" in title for title in titles)


def test_a_family_of_subsets_gets_curves_and_verdicts_of_its_own(make_page):
    page = make_page()
    everything = len(page.subsets.metrics)
    page.family.value = "single"
    assert 0 < len(page.subsets.metrics) < everything
    assert not page.subsets.metrics["subset_variables"].str.contains("×").any()
    page.family.value = ""
    assert len(page.subsets.metrics) == everything


def test_families_are_those_the_validation_has(make_page):
    metrics = make_page().subsets.metrics
    found = families(metrics)
    assert list(found.values()) == ["", "single", "pairs", "by:income", "by:region"]
    assert len(in_family(metrics, "single")) + len(in_family(metrics, "pairs")) == len(metrics)
    assert in_family(metrics, "by:income")["subset_variables"].str.contains("income").all()


def test_a_view_survives_being_sent_as_an_address():
    state = ValidateState("20240101-000000-x", "kwh", "by:income")
    query = {name: text for name, text in to_query(state).items() if text is not None}
    assert from_query(query) == state
    assert repair(state, ["cold"], ["", "single"]) == dataclasses.replace(
        state, variable="", family=""
    )
    assert toggle_variable(state, "cold").variable == "cold"


def texts(content: bytes) -> list[str]:
    """Return the texts of an SVG file."""
    root = ET.fromstring(content)  # noqa: S314 - our own
    found = root.iter("{http://www.w3.org/2000/svg}text")
    return ["".join(item.itertext()).strip() for item in found]


def test_the_figure_holds_three_panels_and_a_legend(make_page):
    said = texts(make_page().files.content("svg"))
    assert {metric.title for metric in METRICS} <= set(said)
    assert {"cold", "kwh"} <= set(said)
    assert sum("SYNTHETIC" in text for text in said) in {0, 1}


def test_a_figure_names_the_variable_it_shows_and_no_more(make_page):
    page = make_page()
    page._choose_variable("kwh")
    said = " ".join(texts(page.files.content("svg")))
    assert "a dot is one subset for kwh" in said


@pytest.mark.parametrize(
    ("tab", "figures", "title"),
    [
        ("subsets", ["all in one frame", "variable by variable"], "How far off?"),
        ("distributions", ["distributions", "dependence"], "Distribution, observed and fused"),
        ("draws", ["draws against the truth"], "Draws of single households against the truth"),
        ("implicates", ["implicates"], "Estimates by number of implicates"),
        ("predictors", [], ""),  # a crafted model does not say what it was made from
        ("unseen", [], ""),
        ("known", [], ""),
        ("table", [], ""),
        ("run", [], ""),
    ],
)
def test_the_figure_that_is_saved_is_the_one_that_is_shown(make_page, tab, figures, title):
    page = make_page()
    page.tabs.value = tab
    assert page.files.figure.options == figures
    assert page.files.buttons.visible == bool(figures)
    assert page.files.none.visible != bool(figures)
    for figure in figures:
        page.files.figure.value = figure
        assert page.files.content("svg").startswith(b"<?xml")
    if figures:
        page.files.figure.value = figures[0]
        assert title in " ".join(texts(page.files.content("svg")))


def test_every_variable_has_a_frame_of_its_own_and_a_click_chooses_it(make_page):
    page = make_page()
    multiples = page.subsets.multiples
    assert multiples.plot is None  # what is further down waits for those who go there
    multiples.sight._handle_msg({"seen": True})
    plot = multiples.plot
    [names] = [item.data_source for item in plot.renderers if "said" in item.data_source.data]
    order = list(names.data["name"])
    assert sorted(order) == ["cold", "kwh"]
    names.selected.indices = [order.index("kwh")]
    assert page.state.variable == "kwh"


def test_the_curves_draw_what_is_searched_for_in_the_list(make_page):
    page = make_page()
    page.verdicts._handle_msg({"narrowed": ["kwh"]})
    lines = page.subsets.linked.view.lines["value_added"]
    assert [line.name for line in lines] == ["kwh"]
    assert set(page.subsets.linked.source.data["variable"]) == {"kwh"}
    drawn = {item["variable"]: item["dash"] for item in page.verdicts.items}
    assert page.verdicts.items[0]["width"] < page.verdicts.items[1]["width"]
    page.verdicts._handle_msg({"narrowed": []})
    assert {line.name for line in page.subsets.linked.view.lines["value_added"]} == set(drawn)


def test_brushed_subsets_stay_brushed_when_nothing_else_is_drawn(make_page):
    page = make_page()
    page.subsets.linked.source.selected.indices = [0, 3]
    page.subsets.multiples.metric.value = METRICS[1]
    page.subsets.pick([])
    assert "2 selected" in page.subsets.brushed.object
    page.subsets.pick(["kwh"])
    assert "Furthest off" in page.subsets.brushed.object


def test_panels_are_brushed_and_not_moved_away(make_page):
    for plot in make_page().subsets.linked.plots.values():
        kinds = {type(tool).__name__ for tool in plot.tools}
        assert kinds == {"HoverTool", "BoxSelectTool", "TapTool"}


def test_the_list_below_shows_the_worst_subsets_or_those_brushed(make_page):
    page = make_page()
    assert "Furthest off" in page.subsets.brushed.object
    page.subsets.linked.source.selected.indices = [0, 3]
    assert "2 selected" in page.subsets.brushed.object
    assert page.subsets.brushed.object.count("<tr>") == 3
    page.subsets.linked.clear()
    assert "Furthest off" in page.subsets.brushed.object


def test_brushing_ends_with_the_subsets_that_were_brushed(make_page):
    page = make_page()
    page.subsets.linked.source.selected.indices = [0, 3]
    page.family.value = "single"
    assert page.subsets.linked.source.selected.indices == []
    assert "Furthest off" in page.subsets.brushed.object


def test_no_axis_of_the_figure_names_two_ticks_alike(make_page):
    page = make_page()
    curves = page.subsets.curves.assign(value=lambda table: table["value"] / 1000)
    view = curve_view(page.subsets.metrics, curves, ["cold", "kwh"])
    for metric in METRICS:
        options = Look("matplotlib").scale("y", *view.up[metric.name], share=metric.percent)
        labels = [label for _, label in options["yticks"]]
        assert len(labels) == len(set(labels)) >= 2


def test_the_newest_finished_run_is_shown_first(mapped_workspace):
    session = Session(mapped_workspace.workspace, "ann", "dark", {})
    holder = validate.build(session)
    assert len(holder.objects[0].objects) == 2


def test_without_a_finished_run_the_page_says_where_to_start(tmp_path):
    session = Session(Workspace.create(tmp_path / "empty"), "ann", "light", {})
    assert "Start one on the Fuse page" in text_of(validate.build(session))


def test_an_unknown_run_is_named_and_another_is_one_choice_away(mapped_workspace):
    session = Session(mapped_workspace.workspace, "ann", "light", {"run": "20990101-000000-none"})
    holder = validate.build(session)
    assert "There is no run" in text_of(holder)
    holder.objects[0].value = mapped_workspace.run
    assert len(holder.objects[0].objects) == 2


def test_a_damaged_validation_leaves_the_others_within_reach(own_workspace, mapped_workspace):
    shutil.copytree(
        own_workspace.path / "runs" / mapped_workspace.run,
        own_workspace.path / "runs" / "20200101-000000-older",
    )
    run = open_run(own_workspace, mapped_workspace.run)
    (run.validation_folder / "validation.json").write_text("{")
    holder = validate.build(Session(own_workspace, "ann", "light", {"run": run.id}))
    assert "damaged" in text_of(holder)
    assert list(holder.objects[0].options.values()) == ["", "20200101-000000-older"]


def test_a_failed_run_says_why(own_workspace, mapped_workspace):
    spec = open_run(own_workspace, mapped_workspace.run).spec()
    failed = create_run(own_workspace, spec)
    failed.write_state(RunState(status="failed", message="The disk is full"))
    session = Session(own_workspace, "ann", "light", {"run": failed.id})
    assert "The disk is full" in text_of(validate.build(session))


def test_a_running_run_shows_its_progress():
    state = RunState(status="running", progress=0.43, message="Modelled <kwh>")
    html = waiting_html("Winter <b>", state)
    assert "43%" in html
    assert "Modelled &lt;kwh&gt;" in html
    assert "Winter &lt;b&gt;" in html
