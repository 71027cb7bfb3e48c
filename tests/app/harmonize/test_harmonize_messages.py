"""Messages of the browser: whatever their form, they yield an edit or one clear sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_core.errors import InputError
from harmony_app.harmonize.match._edits import EDITS, apply_edit
from harmony_app.harmonize.work import messages
from harmony_app.harmonize.work.pair_surveys import Surveys

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", sorted(EDITS))
@settings(max_examples=25)
@given(
    content=st.dictionaries(
        st.sampled_from(
            [
                "side",
                "group",
                "levels",
                "donor",
                "recipient",
                "values",
                "text",
                "value",
                "year",
                "code",
                "name",
                "pairs",
                "before",
                "into",
            ]
        ),
        JSON | st.sampled_from(["donor", "recipient"]),
        max_size=5,
    )
)
def test_a_malformed_edit_is_refused_with_a_sentence_or_has_an_effect(kind, content):
    surveys, harmony = _example()
    outcome = _outcome(harmony, {"kind": kind, **content}, surveys)
    assert outcome.endswith(".") or outcome == harmony.key


def _outcome(harmony, message, surveys) -> str:
    try:
        return apply_edit(harmony, message, surveys).key
    except InputError as error:
        return error.message


def _example():
    from fusion_core.harmony.editing.edits import start_harmony
    from fusion_core.surveys.model import Dictionary, Survey, SurveyDescription, SurveyId, Variable

    donor = Variable("heat", levels=("Gas", "Wood"))
    recipient = Variable("hfl", levels=("Gas", "Coal"))
    surveys = Surveys(
        Survey(SurveyDescription(SurveyId("A", "2020")), Dictionary([donor])),
        Survey(SurveyDescription(SurveyId("B", "2020")), Dictionary([recipient])),
    )
    return surveys, start_harmony(donor, recipient)


def test_an_unknown_kind_is_refused():
    surveys, harmony = _example()
    with pytest.raises(InputError, match="does not know"):
        apply_edit(harmony, {"kind": "explode"}, surveys)


@pytest.mark.parametrize("value", [True, "1", float("nan"), float("inf"), [1]])
def test_a_group_is_a_finite_number_or_drop_or_nothing(value):
    with pytest.raises(InputError):
        messages.group(value)


def test_groups_are_read_as_numbers():
    assert messages.group(3) == 3.0
    assert messages.group("drop") == "drop"
    assert messages.group(None) is None


def test_positions_beyond_the_list_are_refused():
    with pytest.raises(InputError, match="does not exist"):
        messages.positions([0, 5], 3)


def test_a_text_has_a_limit():
    with pytest.raises(InputError, match="characters"):
        messages.text({"text": "x" * 50}, "text", limit=10)


def test_no_two_parts_of_the_page_hear_the_same_kind():
    heard = messages.by_kind({"save": len}, {"undo": min, "redo": max})
    assert list(heard) == ["save", "undo", "redo"]
    with pytest.raises(ValueError, match="one kind: compare, save"):
        messages.by_kind({"save": len, "compare": min}, {"save": max}, {"compare": max})


def test_an_edit_of_another_match_changes_nothing_in_the_one_that_is_open(open_page, told):
    page = open_page(donor="heat", recipient="hfl")
    before = page.state.current
    page.receive({"kind": "assign", "donor": [0], "recipient": [], "group": 3, "of": "pay__hfl"})
    assert page.state.current == before
    assert "nothing was changed" in told[-1]["message"]
    page.receive({"kind": "assign", "donor": [0], "recipient": [], "group": 3, "of": "heat__hfl"})
    assert page.state.current.donor.levels[0].group == 3
