"""A correction is offered only where less is in doubt after it, or the two surveys are more alike."""

from dataclasses import replace

import pytest

from fusion_core.harmony.checks import Finding, check_harmony, weighed
from fusion_core.harmony.checks.findings import Fix
from fusion_core.harmony.model import Harmony, LevelGroup, Side
from fusion_core.harmony.previews import preview

BEFORE = Harmony(
    Side("tenure", levels=(LevelGroup("Own", 1), LevelGroup("Rent", 2))),
    Side("ten", levels=(LevelGroup("owned", 1), LevelGroup("rented", 2))),
)
AFTER = replace(BEFORE, donor=Side("tenure", levels=(LevelGroup("Own", 2), LevelGroup("Rent", 1))))
FINDING = Finding("groups-look-inverted", "warning", "They look inverted", fix=Fix("Turn", AFTER))
LEVELS = replace(FINDING, fix=None, rule="answer-in-another-group", levels=("Own", "Rent"))
HINT = replace(FINDING, fix=None, severity="hint")
TO_GROUP = Finding("level-without-group", "error", "1 level has no group", levels=("Own",))


def tried(found_after, *, score=None, score_after=None):
    """What becomes of the correction if, after it, this is found and the sides are as alike as that."""
    first, *_ = weighed([FINDING], lambda _fixed: (found_after, score_after), score)
    return first.fix


@pytest.mark.parametrize("found", [[], [HINT], [TO_GROUP]])
@pytest.mark.parametrize(("score", "after"), [(None, None), (0.57, 0.57), (0.57, 0.9)])
def test_a_correction_after_which_less_is_in_doubt_is_offered(found, score, after):
    fix = tried(found, score=score, score_after=after)
    assert fix.similarity == after
    assert fix.tallies[0].findings == 1
    assert fix.tallies[1].findings == sum(item != TO_GROUP for item in found)
    assert fix.tallies[1].to_group == found.count(TO_GROUP)


@pytest.mark.parametrize("after", [0.4, 0.56, None])
def test_one_that_makes_the_two_sides_less_alike_or_unknown_is_not(after):
    assert tried([], score=0.57, score_after=after) is None


@pytest.mark.parametrize(("score", "after"), [(None, None), (0.57, 0.57), (0.57, 0.573)])
def test_one_that_changes_nothing_anybody_can_see_is_not(score, after):
    assert tried([FINDING], score=score, score_after=after) is None


def test_one_after_which_as_much_is_in_doubt_but_more_alike_is_offered():
    assert tried([FINDING], score=0.57, score_after=0.9).similarity == 0.9


@pytest.mark.parametrize("found", [[LEVELS], [FINDING, HINT], [FINDING, FINDING]])
def test_one_after_which_more_is_in_doubt_is_not_however_alike_the_sides(found):
    assert tried(found, score=0.57, score_after=0.9) is None


def test_half_of_the_levels_put_right_is_less_in_doubt():
    finding = replace(LEVELS, fix=FINDING.fix)
    left = replace(LEVELS, levels=("Own",))
    (found,) = weighed([finding], lambda _fixed: ([left], None))
    assert [item.doubts for item in found.fix.tallies] == [(2, 0), (1, 0)]


def test_a_correction_of_names_alone_takes_the_hint_away():
    named = replace(BEFORE, group_names=((1.0, "Owner"), (7.0, "Nobody")))
    (found,) = [item for item in check_harmony(named) if item.rule == "name-of-unused-group"]
    assert found.fix.harmony.group_names == ((1.0, "Owner"),)


def test_no_fix_of_a_preview_lowers_its_similarity(donor, recipient):
    levels = (LevelGroup("Own", 1), LevelGroup("rent", 2), LevelGroup("Free", 2))
    ten = (LevelGroup("owned", 1), LevelGroup("rented", 2), LevelGroup("no cash", 2))
    harmony = Harmony(Side("tenure", levels=levels), Side("ten", levels=ten))
    before = preview(harmony, donor, recipient)
    fixes = [item.fix for item in before.findings if item.fix]
    assert fixes
    after = [preview(fix.harmony, donor, recipient) for fix in fixes]
    assert all(item.similarity >= before.similarity - 0.005 for item in after)
    assert [fix.similarity for fix in fixes] == pytest.approx([item.similarity for item in after])
    assert all(fix.tallies[1].doubts < fix.tallies[0].doubts for fix in fixes)
