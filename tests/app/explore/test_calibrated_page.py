"""Known totals on the Explore page: chosen or sent, with what estimates were always beside them."""

import dataclasses
import shutil

import numpy as np
import pytest
from sent_files import send

from fusion_core.calibration import KnownTotal, StoredTotals, keep_totals, stored_totals
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import EstimateCache, area_estimates
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run
from harmony_app.access import OPEN
from harmony_app.explore.data import Estimator, read_catalogue
from harmony_app.explore.page import ExplorePage
from harmony_app.explore.view import ExploreState, from_query, to_query
from harmony_app.shell.session import Session


@pytest.fixture
def workspace(mapped_workspace, tmp_path):
    folder = tmp_path / "w"
    shutil.copytree(mapped_workspace.workspace.path, folder)
    found = Workspace.open(folder)
    known = KnownTotal("cold", "Yes", "share", "all", 0.5, 0.01)
    keep_totals(found, StoredTotals("half", (known,), "half.csv"))
    return found


@pytest.fixture
def make_page(workspace):
    def make(**query: str) -> ExplorePage:
        session = Session(workspace, "ann", "light", query)
        return ExplorePage(
            session, read_catalogue(workspace), Estimator(workspace, EstimateCache())
        )

    return make


def test_totals_bring_the_figure_they_are_of_and_keep_what_it_was(
    make_page, workspace, mapped_workspace
):
    page = make_page(var="kwh", stat="mean")
    page.controls.totals.value = "half"
    state = page.state
    assert (state.variable, state.kind, state.level, state.totals) == (
        "cold",
        "share",
        "Yes",
        "half",
    )
    table = page._answer.table.dropna(subset="estimate")
    run = open_run(workspace, mapped_workspace.run)
    plain = area_estimates(workspace, run, Statistic("share", "cold", level="Yes"), ("puma",))
    np.testing.assert_allclose(table["uncalibrated"], plain["estimate"])
    assert (table["estimate"] != table["uncalibrated"]).all()
    assert abs(page._answer.overall["estimate"] - 0.5) < abs(
        page._answer.overall["uncalibrated"] - 0.5
    )
    assert "known total of half (half.csv)" in page.centre.findings.object
    assert "known total of half (half.csv)" in page.note.text()


def test_the_map_shows_what_estimates_were_and_how_far_they_moved(make_page):
    page = make_page(var="cold", stat="share", level="Yes", totals="half")
    assert list(page.centre.measure.options)[-2:] == ["Uncalibrated", "Moved"]
    assert "before" in page.centre.map._source.data["interval"][0]
    page.centre.measure.value = "moved"
    assert "moved by less than the margin" in page.centre.legend.object
    assert "Moved by calibration" in page.files.figure()
    page.centre.measure.value = "uncalibrated"
    assert "Before calibration" in page.files.figure()
    page.controls.totals.value = ""
    assert page.state.measure == "estimate"
    assert "uncalibrated" not in page._answer.table


def test_an_area_says_what_it_was_and_ranks_and_tests_are_of_calibrated_figures(make_page):
    page = make_page(var="cold", stat="share", level="Yes", totals="half")
    areas = page._answer.table.dropna(subset="estimate")["area_id"].tolist()
    page.choose_area(areas[0])
    assert "Calibrated; before" in page.side.card.object
    assert not page.side.breakdown.visible
    page.choose_area(areas[1], compare=True)
    assert "joint error after calibration" in page.side.comparison.object
    assert all(item["ranks"] for item in page.side.ranked.items)


def test_downloads_and_the_table_hold_both_figures(make_page):
    page = make_page(var="cold", stat="share", level="Yes", totals="half", view="table")
    assert "uncalibrated" in page.centre._table.value
    csv = page.files.buttons[0].callback().getvalue().decode()
    assert "uncalibrated,uncalibrated_moe,moved,moved_errors,held" in csv
    assert page.files.buttons[-1].disabled


@pytest.mark.parametrize(
    "change",
    [{"stat": "count"}, {"where": "np >= 2"}, {"var": "kwh", "stat": "mean"}, {"totals": "hafl"}],
)
def test_what_no_total_is_known_of_is_not_calibrated(make_page, change):
    query = {"var": "cold", "stat": "share", "level": "Yes", "totals": "half", **change}
    page = make_page(**query)
    assert page.state.totals == ""
    assert page._answer.calibrated == ""


def test_an_address_names_the_totals():
    state = ExploreState(source="run", totals="half", measure="moved")
    query = {name: text for name, text in to_query(state).items() if text}
    assert from_query(query) == state


@pytest.fixture
def form(make_page):
    page = make_page(var="cold", stat="share", level="Yes")
    page.calibrating.drawer.open.value = True
    return page, page.calibrating.drawer.form


def test_a_table_that_is_sent_is_kept_and_used_at_once(form, workspace):
    page, sent = form
    send(sent.file.upload, "mine.csv", b"variable,level,value,moe\ncold,Yes,0.4,0.02\n")
    sent.name.value, sent.method.value = "mine", "ratio"
    sent.keep.clicks += 1
    assert page.state.totals == "mine"
    assert page._answer.overall["estimate"] == pytest.approx(0.4)
    assert [item.name for item in stored_totals(workspace)[0]] == ["half", "mine"]


def test_totals_that_are_replaced_are_used_at_once(form):
    page, sent = form
    page.controls.totals.value = "half"
    before = page._answer.overall["estimate"]
    send(sent.file.upload, "new.csv", b"variable,level,value,moe\ncold,Yes,0.4,0.001\n")
    sent.name.value, sent.replace.value = "half", True
    sent.keep.clicks += 1
    assert page._answer.overall["estimate"] == pytest.approx(0.4, abs=0.002) != before
    assert "half (new.csv)" in page.centre.findings.object


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("mine", None, "No file is chosen"),
        ("mine", b"", "is empty"),
        ("", b"variable,value,moe\nkwh,1,1\n", "The totals have no name"),
        ("a/b", b"variable,value,moe\nkwh,1,1\n", "is not a name for known totals"),
        ("mine", b"variable,value\nkwh,1\n", "The totals have no errors"),
        ("mine", b"variable,value,moe\nkhw,1,1\n", "no variable"),
        ("half", b"variable,value,moe\nkwh,1,1\n", "has a table of known totals"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_sentence_and_nothing_is_kept(
    form, workspace, name, text, sentence
):
    page, sent = form
    sent.name.value = name
    if text is not None:
        send(sent.file.upload, "mine.csv", text)
    sent.keep.clicks += 1
    assert sentence in sent.message.object
    assert page.state.totals == ""
    assert len(stored_totals(workspace)[0]) == 1


def test_totals_take_a_runner_whatever_a_page_is_made_to_send(form, workspace):
    _, sent = form
    viewer = dataclasses.replace(OPEN, role_of=lambda _: "viewer")
    sent._session = dataclasses.replace(sent._session, door=viewer)
    send(sent.file.upload, "mine.csv", b"variable,level,value,moe\ncold,Yes,0.4,0.02\n")
    sent.name.value = "mine"
    sent.keep.clicks += 1
    assert "Keeping totals requires the role of a runner" in sent.message.object
    assert [item.name for item in stored_totals(workspace)[0]] == ["half"]
