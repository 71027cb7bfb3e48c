"""A preview computes what can be computed and says in sentences what cannot."""

from dataclasses import replace

import numpy as np
import pytest

from fusion_core.harmony.apply.rows import RowsCache
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side
from fusion_core.harmony.previews.preview import preview

TENURE = Harmony(
    Side("tenure", levels=(LevelGroup("Own", 1), LevelGroup("Rent", 2), LevelGroup("Free", 3))),
    Side("ten", levels=(LevelGroup("owned", 1), LevelGroup("rented", 2), LevelGroup("no cash", 2))),
    group_names=((1, "Owner"),),
)


def test_groups_show_levels_and_weighted_shares_of_both_sides(donor, recipient):
    found = preview(TENURE, donor, recipient)
    owner, renter, free = found.groups
    assert (owner.name, owner.donor_levels, owner.recipient_levels) == (
        "Owner",
        ("Own",),
        ("owned",),
    )
    assert owner.donor_share == pytest.approx(0.1)
    assert owner.recipient_share == pytest.approx(5 / 6)
    assert renter.recipient_levels == ("rented", "no cash")
    assert free.donor_share == pytest.approx(0.4)
    assert found.similarity == pytest.approx(1 - (abs(0.1 - 5 / 6) + abs(0.5 - 1 / 6) + 0.4) / 2)


def test_levels_show_their_share_of_the_rows_of_their_own_table(donor, recipient):
    side = Side("sex", "person", levels=(LevelGroup("Male", 1), LevelGroup("Female", 2)))
    found = preview(replace(TENURE, recipient=side), donor, recipient)
    assert [level.share for level in found.recipient_levels] == pytest.approx([7 / 11, 4 / 11])


def test_a_level_whose_group_the_other_side_lacks_is_unmatched(donor, recipient):
    found = preview(TENURE, donor, recipient)
    assert [(item.side, item.level, item.group) for item in found.unmatched] == [
        ("donor", "Free", 3)
    ]
    assert "unmatched-group" in [finding.rule for finding in found.findings]


def test_an_undecided_level_is_a_sentence_and_the_rest_is_computed(donor, recipient):
    levels = (LevelGroup("Own", 1), LevelGroup("Rent", 2), LevelGroup("Free", None))
    found = preview(replace(TENURE, donor=Side("tenure", levels=levels)), donor, recipient)
    assert any("the level 'Free' has no group yet" in sentence for sentence in found.problems)
    assert [group.donor_share for group in found.groups] == pytest.approx([1 / 6, 5 / 6])
    assert found.similarity is not None


def test_a_numeric_outcome_has_shared_bins_quantiles_and_means(donor, recipient):
    counted = Side(
        "agep",
        "person",
        breakpoints=(18,),
        aggregator="sum",
        levels=(LevelGroup("under 18", 1), LevelGroup("18 or more", 0)),
    )
    found = preview(Harmony(Side("children"), counted), donor, recipient)
    numeric = found.numeric
    assert found.outcome == "number"
    assert numeric.edges.tolist() == [-0.5, 0.5, 1.5, 2.5]
    assert numeric.donor_shares == pytest.approx([0.5, 0.2, 0.3])
    assert numeric.recipient_shares == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    assert numeric.donor_mean == pytest.approx(0.8)
    assert found.recipient_values.minimum == 2
    assert found.recipient_values.maximum == 80
    assert found.recipient_values.shares.sum() == pytest.approx(1)
    assert [group.recipient_levels for group in found.groups] == [("18 or more",), ("under 18",)]


def test_without_microdata_levels_and_groups_are_shown_without_shares(donor, recipient):
    bare = replace(recipient, household=None, person=None)
    found = preview(TENURE, donor, bare)
    assert found.similarity is None
    assert found.problems == ()
    assert found.groups[0].recipient_share is None
    assert found.groups[0].donor_share == pytest.approx(0.1)
    assert [level.share for level in found.recipient_levels] == [None, None, None]


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (Side("ten", adjustment="agep +"), "Recipient: The expression is not complete"),
        (Side("tne"), "Did you mean 'ten'?"),
        (Side("hincp"), "The recipient yields a number but the donor a group"),
        (Side("ten", breakpoints=(1,), levels=TENURE.recipient.levels), "which holds labels"),
        (
            Side(
                "sex",
                "person",
                aggregator="minimum",
                levels=(LevelGroup("Male", 1), LevelGroup("Female", 2)),
            ),
            "without an order has no meaning",
        ),
    ],
)
def test_a_harmony_that_cannot_be_applied_still_has_a_preview(side, words, donor, recipient):
    found = preview(replace(TENURE, recipient=side), donor, recipient)
    assert any(words in sentence for sentence in found.problems)
    assert len(found.donor_levels) == 3


def test_dropped_and_universe_groups_are_named(donor, recipient):
    side = Side(
        "ten",
        universe="hincp > 0",
        outside_universe=9,
        missing=2,
        levels=(LevelGroup("owned", 1), LevelGroup("rented", DROP), LevelGroup("no cash", 2)),
    )
    found = preview(replace(TENURE, recipient=side), donor, recipient)
    members = {group.code: group.recipient_levels for group in found.groups}
    assert members[9] == ("outside the universe",)
    assert members[2] == ("no cash", "no answer")
    assert 1 in members


def test_a_cache_gives_the_same_answer_and_follows_a_changed_survey(donor, recipient):
    cache = RowsCache(size=2)
    first = preview(TENURE, donor, recipient, cache=cache)
    assert preview(TENURE, donor, recipient, cache=cache).similarity == first.similarity
    changed = replace(recipient, household=recipient.household.assign(weight=[1.0, 5.0, 1.0]))
    assert preview(TENURE, donor, changed, cache=cache).similarity != first.similarity


def test_extreme_numbers_are_drawn_between_the_middle_98_percent(donor, recipient):
    far = replace(donor, household=donor.household.assign(dollars=[-1e300, 0, 1, 1e300]))
    found = preview(Harmony(Side("dollars"), Side("hincp")), far, recipient)
    assert np.isfinite(found.numeric.edges).all()
    constant = replace(donor, household=donor.household.assign(dollars=0.1))
    same = replace(recipient, household=recipient.household.assign(hincp=0.1))
    found = preview(Harmony(Side("dollars"), Side("hincp")), constant, same)
    assert found.numeric.donor_shares.tolist() == [1.0]
    assert found.similarity == 1.0


def test_everybody_in_one_group_is_found(donor, recipient):
    levels = tuple(LevelGroup(item.level, 1) for item in TENURE.recipient.levels)
    found = preview(replace(TENURE, recipient=Side("ten", levels=levels)), donor, recipient)
    assert ("constant-result", "recipient") in [(item.rule, item.side) for item in found.findings]
