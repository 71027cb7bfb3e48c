"""A filter of households put together in rows, and read back from what was typed."""

import pytest

from fusion_core.estimates.runs import EstimateCache
from harmony_app.explore.data.catalogue import read_catalogue
from harmony_app.explore.data.estimates import Estimator
from harmony_app.explore.page import ExplorePage
from harmony_app.shell.session import Session


@pytest.fixture
def page(mapped_workspace):
    workspace = mapped_workspace.workspace
    session = Session(workspace, "ann", "light", {"run": mapped_workspace.run})
    return ExplorePage(session, read_catalogue(workspace), Estimator(workspace, EstimateCache()))


@pytest.fixture
def form(page):
    page.controls.filtering.drawer.open.value = True
    return page.controls.filtering.drawer.form


def choose(row, variable, relation, *levels, numbers=()):
    row.variable.value = variable
    row.relation.value = relation
    if levels:
        row.levels.value = list(levels)
    for field, number in zip((row.threshold, row.upper), numbers, strict=False):
        field.value = number


def test_rows_become_the_filter_of_the_page(page, form):
    choose(form.rows[0], "tenure", "not_in", "Owner")
    choose(form.rows[1], "np", "between", numbers=(2, 4))
    form.how_many.value = "any"
    form.apply.clicks += 1
    assert page.state.where == "tenure <> 'Owner' OR np BETWEEN 2 AND 4"
    assert page.controls.where.value == page.state.where
    form.clear.clicks += 1
    assert page.state.where == ""


def test_what_was_typed_is_shown_as_rows_where_rows_can_say_it(page, form):
    page.controls.where.value = "np >= 3 AND tenure IN ('Renter') AND cold IS NULL"
    assert [row.variable.value for row in form.rows] == ["np", "tenure", "cold"]
    assert [row.relation.value for row in form.rows] == ["at_least", "in", "missing"]
    assert form.rows[0].threshold.value == 3
    assert form.rows[1].levels.value == ["Renter"]
    assert not form.message.visible


@pytest.mark.parametrize("typed", ["np * 2 > 5", "np > 1 AND (np < 3 OR tenure = 'Renter')"])
def test_what_rows_cannot_say_is_kept_until_another_filter_takes_its_place(page, form, typed):
    page.controls.where.value = typed
    assert page.state.where == typed
    assert "replaces it" in form.message.object
    choose(form.rows[0], "np", "more_than", numbers=(1,))
    form.apply.clicks += 1
    assert page.state.where == "np > 1"
    assert not form.message.visible


def test_unfinished_rows_are_left_out_and_none_at_all_is_said(page, form):
    form.apply.clicks += 1
    assert "Choose a condition" in form.message.object
    choose(form.rows[0], "np", "more_than")
    choose(form.rows[1], "np", "less_than", numbers=(5,))
    form.apply.clicks += 1
    assert page.state.where == "np < 5"


def test_rows_are_added_up_to_a_limit(form):
    for _ in range(20):
        form.add.clicks += 1
    assert len(form.rows) == 12
    assert form.add.disabled


def test_rows_being_filled_in_stay_while_something_else_is_changed(page, form):
    choose(form.rows[0], "np", "more_than", numbers=(1,))
    page.controls.count.value = 4
    assert form.rows[0].variable.value == "np"
    assert form.rows[0].threshold.value == 1
