"""Local contexts: classes, mixes of PUMAs and what follows for households."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.geography.local_context import (
    ContextClass,
    LocalContext,
    as_intersections,
    classify,
    expected_shares,
    own_shares,
    published_classes,
    read_contexts,
    remove_context,
    write_context,
)
from fusion_core.geography.location import check_intersections, share_by_puma
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace

DONOR = SurveyId("NHTS", "2017")
CLASSES = (ContextClass("50", None, 100), ContextClass("300", 100, 500), ContextClass("750", 500))
SHARES = ["HBPPOPDN = 50", "HBPPOPDN = 300", "HBPPOPDN = 750"]
MIX = pd.DataFrame(
    {"puma": ["0100100", "0100200"], "50": [30.0, 0.0], "300": [10.0, 5.0], "750": [0.0, 15.0]}
)


def context(mix: pd.DataFrame = MIX, **changes: object) -> LocalContext:
    given = {
        "name": "density",
        "title": "population density of the block group",
        "donor": DONOR,
        "variable": "HBPPOPDN",
        "classes": CLASSES,
        "census": "2020",
        "vintage": "2020",
    }
    return LocalContext(**(given | {"mix": mix} | changes))


def by_tenure() -> LocalContext:
    """Owners of the first PUMA live in its sparse part, renters in the other."""
    mix = pd.DataFrame(
        {
            "puma": ["0100100", "0100100", "0100200", "0100200"],
            "level": ["Own", "Rent", "Own", "Rent"],
            "50": [30.0, 0.0, 0.0, 0.0],
            "300": [0.0, 10.0, 5.0, 0.0],
            "750": [0.0, 0.0, 15.0, 0.0],
        }
    )
    return context(mix, by="tenure")


def test_values_fall_into_the_class_that_begins_with_them():
    values = np.array([0.0, 99.9, 100.0, 499.0, 500.0, 1e6, np.nan])

    assert classify(values, CLASSES).tolist() == [0, 0, 1, 1, 2, 2, -1]


def test_a_households_chances_are_the_mix_of_its_puma():
    households = pd.DataFrame({"puma": ["0100200", "0100100", None]})

    found = expected_shares(context(), households)

    assert list(found.columns) == SHARES
    assert found.to_numpy() == pytest.approx(
        np.array([[0, 0.25, 0.75], [0.75, 0.25, 0], [0.5, 0.25, 0.25]])
    )


def test_a_conditional_mix_is_that_of_households_of_the_same_answer():
    households = pd.DataFrame(
        {
            "puma": ["0100100", "0100100", "0100100", "0100200"],
            "tenure": ["Own", "Rent", None, "Rent"],
        }
    )

    found = expected_shares(by_tenure(), households).to_numpy()

    # No answer, and an answer nobody in the PUMA gave, leave the mix of the PUMA.
    assert found == pytest.approx(
        np.array([[1, 0, 0], [0, 1, 0], [0.75, 0.25, 0], [0, 0.25, 0.75]])
    )


def test_a_conditional_mix_needs_its_predictor():
    with pytest.raises(InputError, match="tenure"):
        expected_shares(by_tenure(), pd.DataFrame({"puma": ["0100100"]}))


def test_pumas_without_areas_are_named():
    with pytest.raises(InputError, match=r"no block groups of 1 of 2 PUMAs \(0100300\)"):
        expected_shares(context(), pd.DataFrame({"puma": ["0100100", "0100300"]}))


@given(
    counts=st.lists(
        st.lists(st.integers(0, 10**6), min_size=3, max_size=3).filter(any), min_size=2, max_size=2
    )
)
def test_chances_add_up_to_one_and_follow_the_counts(counts):
    mix = MIX.assign(**dict(zip(["50", "300", "750"], np.array(counts, float).T, strict=True)))

    found = expected_shares(context(mix), MIX[["puma"]]).to_numpy()

    assert found.sum(axis=1) == pytest.approx(1.0)
    assert found * np.sum(counts, axis=1)[:, None] == pytest.approx(np.array(counts, float))


def test_a_donors_classes_are_its_answers_as_numbers_or_texts():
    texts = pd.Series(["300", "-9", None, "50"])
    numbers = pd.Series([300.0, -9.0, np.nan, 50.0])

    for column in (texts, numbers, texts.astype("category")):
        found = published_classes(column, context())
        assert found.cat.categories.tolist() == ["50", "300", "750"]
        assert found.cat.ordered
        assert found.cat.codes.tolist() == [1, -1, -1, 0]
    own = own_shares(published_classes(texts, context()), context()).to_numpy()
    assert own[[0, 3]].tolist() == [[0, 1, 0], [1, 0, 0]]
    assert np.isnan(own[[1, 2]]).all()


def test_a_class_narrows_the_pumas_a_donor_may_live_in():
    table = as_intersections(context())

    check_intersections(table, where="test")
    dense = share_by_puma({"HBPPOPDN": "750"}, [table])
    unknown = share_by_puma({"HBPPOPDN": ""}, [table])
    assert dense.to_dict() == {"0100200": 0.75}
    assert unknown.to_dict() == {"0100100": 1.0, "0100200": 1.0}


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.create(tmp_path / "workspace", title="Test")


@pytest.mark.parametrize("stored", [context(), by_tenure()])
def test_a_context_is_read_as_it_was_stored(workspace, stored):
    write_context(workspace, stored)

    (read,) = read_contexts(workspace, DONOR)

    assert read.classes == stored.classes
    assert (read.title, read.by, read.vintage) == (stored.title, stored.by, stored.vintage)
    pd.testing.assert_frame_equal(read.mix.reset_index(drop=True), stored.mix, check_dtype=False)
    assert read_contexts(workspace, SurveyId("RECS", "2020")) == []
    remove_context(workspace, "density")
    assert read_contexts(workspace) == []
    with pytest.raises(InputError, match="local context"):
        remove_context(workspace, "density")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "../density"}, "cannot name"),
        ({"classes": CLASSES[:1]}, "two different classes"),
        ({"mix": MIX.drop(columns="300")}, "300"),
        ({"mix": MIX.assign(**{"50": -1.0})}, "negative"),
        ({"mix": MIX.assign(**{"50": 0, "300": 0, "750": [0, 1]})}, "Nobody lives"),
        ({"mix": pd.concat([MIX, MIX])}, "more than one mix"),
    ],
)
def test_what_could_not_be_used_is_refused_and_nothing_stored(workspace, wrong, words):
    with pytest.raises(InputError, match=words):
        write_context(workspace, context(**wrong))
    assert read_contexts(workspace) == []


@pytest.mark.parametrize("damage", [{"format": 99}, {"classes": [{"name": "50"}]}, {"donor": None}])
def test_a_damaged_description_is_named(workspace, damage):
    write_context(workspace, context())
    path = workspace.geography_folder / "context" / "density.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, **damage}))

    with pytest.raises((CorruptFileError, InputError)):
        read_contexts(workspace)
