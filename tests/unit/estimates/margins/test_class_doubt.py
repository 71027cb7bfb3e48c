"""How sure it is that areas wear the right colour."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_core.estimates.margins import class_doubt, sure_breaks
from harmony_app.explore.view.classes import class_edges


def test_areas_far_from_every_break_are_in_no_doubt():
    values = np.array([1.0, 2.0, 11.0, 12.0])
    doubt = class_doubt(values, np.full(4, 0.1), np.array([1.0, 6.0, 12.0]))
    assert (doubt.areas, doubt.may) == (4, 0)
    assert doubt.expected == pytest.approx(0.0, abs=1e-9)


def test_an_area_at_a_break_belongs_elsewhere_in_half_of_the_cases():
    doubt = class_doubt(np.array([6.0]), np.array([1.0]), np.array([0.0, 6.0, 12.0]))
    assert (doubt.areas, doubt.may) == (1, 1)
    assert doubt.expected == pytest.approx(0.5)


def test_the_outer_edges_bound_nothing():
    doubt = class_doubt(np.array([0.0, 12.0]), np.full(2, 1.0), np.array([0.0, 6.0, 12.0]))
    assert doubt.may == 0


def test_areas_without_a_margin_are_not_counted():
    doubt = class_doubt(
        np.array([1.0, 5.9, np.nan]), np.array([0.1, np.nan, 1.0]), np.array([0.0, 6.0, 12.0])
    )
    assert doubt.areas == 1


def test_without_margins_or_breaks_nothing_is_said():
    values = np.array([1.0, 2.0])
    assert class_doubt(values, np.full(2, np.nan), np.array([1.0, 1.5, 2.0])) is None
    assert class_doubt(values, np.full(2, 0.1), np.array([1.0, 2.0])) is None


def test_the_doubt_is_said_in_a_sentence():
    doubt = class_doubt(np.array([6.0, 1.0]), np.array([1.0, 0.1]), np.array([0.0, 6.0, 12.0]))
    assert doubt.sentence == "1 of 2 areas may belong to another class; about 25 % do"


def test_sure_breaks_fall_into_gaps():
    values = np.array([1.0, 1.1, 1.2, 5.0, 5.1, 5.2, 9.0, 9.1, 9.2])
    breaks = sure_breaks(values, np.full(9, 0.5), 3)
    assert 1.2 < breaks[0] < 5.0
    assert 5.2 < breaks[1] < 9.0


@given(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(0.01, 3)), min_size=8, max_size=60),
    st.integers(2, 6),
)
@settings(max_examples=60)
def test_sure_classes_hold_every_area_and_several_of_them(pairs, classes):
    values, errors = (np.array(part) for part in zip(*pairs, strict=True))
    edges = class_edges(values, "sure", classes, errors=errors)
    assert edges[0] == values.min()
    assert edges[-1] == values.max()
    assert (np.diff(edges) > 0).all() or len(edges) == 2
    assert len(edges) - 1 <= classes


def test_sure_classes_are_in_less_doubt_than_equal_numbers():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(place, 1.0, 40) for place in (0, 4, 9, 15)])
    errors = np.full(len(values), 0.6)
    doubts = [
        class_doubt(values, errors, class_edges(values, method, 5, errors=errors)).expected
        for method in ("sure", "quantile")
    ]
    assert doubts[0] < doubts[1]
