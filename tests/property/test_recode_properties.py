"""What following a recode can never do, whatever the harmony and the recode."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fusion_core.errors import InputError
from fusion_core.harmony.model import SIDES, Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.harmony.recodes import Recode, consequences, departures, detach, follow
from fusion_core.surveys.model import SurveyId

LABELS = tuple("abcdef")
PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
groups = st.none() | st.sampled_from([1.0, 2.0, 3.0, 9.0]) | st.just("drop")


@st.composite
def sides(draw):
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, unique=True))
    levels = tuple(LevelGroup(label, draw(groups)) for label in labels)
    return Side(draw(st.sampled_from("xy")), levels=levels, missing=draw(groups))


@st.composite
def recodes(draw):
    codes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True))
    known = draw(st.dictionaries(st.sampled_from(LABELS), st.sampled_from([*codes, "drop"])))
    return Recode(
        "mine",
        "Mine",
        tuple((code, f"group {code}") for code in sorted(codes)),
        levels=tuple(LevelGroup(label, group) for label, group in known.items()),
    )


def labels(harmony):
    return [[item.level for item in harmony.side(name).levels] for name in SIDES]


@given(st.builds(Harmony, sides(), sides()), recodes(), st.sampled_from(SIDES))
def test_levels_stay_what_they_are_and_every_known_one_gets_the_group_of_the_recode(
    harmony, recode, side
):
    try:
        found = follow(harmony, side, recode)
    except InputError:
        assert all(recode.group_of(item.level) is None for item in harmony.side(side).levels)
        return
    assert labels(found) == labels(harmony)
    assert departures(recode, found.side(side)) == ()
    assert follow(found, side, recode) == found
    assert detach(found, side).side(side).levels == found.side(side).levels


@given(st.builds(Harmony, sides(), sides()), recodes(), st.sampled_from(SIDES))
def test_a_recode_that_did_not_change_changes_no_harmony(harmony, recode, side):
    try:
        found = follow(harmony, side, recode)
    except InputError:
        return
    assert consequences(recode, recode, [HarmonySet(PAIR, (found,))]) == []
