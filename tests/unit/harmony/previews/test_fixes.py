"""A correction is offered only where it does not make the two surveys less alike."""

from dataclasses import replace

import pytest

from fusion_core.harmony.checks import Finding
from fusion_core.harmony.checks.findings import Fix
from fusion_core.harmony.model import Harmony, LevelGroup, Side
from fusion_core.harmony.previews import preview
from fusion_core.harmony.previews._fixes import tried_fixes

BEFORE = Harmony(
    Side("tenure", levels=(LevelGroup("Own", 1), LevelGroup("Rent", 2))),
    Side("ten", levels=(LevelGroup("owned", 1), LevelGroup("rented", 2))),
)
AFTER = replace(BEFORE, donor=Side("tenure", levels=(LevelGroup("Own", 2), LevelGroup("Rent", 1))))
FINDING = Finding("groups-look-inverted", "warning", "They look inverted", fix=Fix("Turn", AFTER))


def tried(score, after, finding=FINDING):
    (found,) = tried_fixes(BEFORE, [finding], score, lambda _fixed: after)
    return found.fix


def test_a_correction_that_makes_them_more_alike_says_how_much():
    assert tried(0.5, 0.9).similarity == 0.9


@pytest.mark.parametrize("after", [0.4, None])
def test_a_correction_that_makes_them_less_alike_or_unknown_is_withdrawn(after):
    assert tried(0.5, after) is None


def test_without_a_similarity_nothing_is_tried():
    assert tried(None, 0.1) == FINDING.fix


def test_a_correction_of_names_alone_needs_no_trial():
    named = replace(FINDING, fix=Fix("Remove", replace(BEFORE, group_names=((1, "Owner"),))))
    assert tried(0.5, None, named) == named.fix


def test_no_fix_of_a_preview_lowers_its_similarity(donor, recipient):
    levels = (LevelGroup("Own", 1), LevelGroup("rent", 2), LevelGroup("Free", 2))
    ten = (LevelGroup("owned", 1), LevelGroup("rented", 2), LevelGroup("no cash", 2))
    harmony = Harmony(Side("tenure", levels=levels), Side("ten", levels=ten))
    before = preview(harmony, donor, recipient)
    fixes = [item.fix for item in before.findings if item.fix]
    assert fixes
    after = [preview(fix.harmony, donor, recipient).similarity for fix in fixes]
    assert all(score >= before.similarity - 0.005 for score in after)
    assert [fix.similarity for fix in fixes] == pytest.approx(after)
