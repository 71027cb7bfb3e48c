"""Subgroups that fused variables define have the margins the donor's households give."""

import numpy as np
import pandas as pd
import pytest
from test_published_donor import DESIGN, donor_table, implicates_of, recipient_table

from fusion_core.estimates import Statistic
from fusion_core.estimates.margins import NO_DONOR
from fusion_core.estimates.published import (
    publish_donor,
    read_published_donor,
    write_published_donor,
)
from fusion_core.estimates.runs.estimate_data import EstimateData
from fusion_core.estimates.runs.estimate_run import _estimated, _Request
from fusion_core.estimates.statistics import find_column
from fusion_core.estimates.statistics.weights import weight_matrix
from fusion_core.estimates.variance import DonorSample

EXACT = (
    Statistic("mean", "use"),
    Statistic("total", "use"),
    Statistic("share", "heats", level="no"),
    Statistic("count", "owns", level="no"),
    Statistic("share", "owns", level="yes"),
    Statistic("mean", "cars"),
    Statistic("mean", "size"),
)


@pytest.fixture(scope="module")
def sides():
    """The same households with the donor, and with what is published of it."""
    donor, recipient = donor_table(1500), recipient_table()
    rng = np.random.default_rng(8)
    donor["owns"] = pd.Categorical(rng.choice(["yes", "no"], len(donor)), categories=["yes", "no"])
    implicates = implicates_of(donor, len(recipient))
    drawn = rng.integers(0, 2, (len(recipient), 8)).astype(np.int8)
    variables = {name: implicates[name] for name in implicates.names}
    variables["owns"] = type(implicates["heats"])("owns", drawn, ("yes", "no"))
    implicates = type(implicates)(variables)
    sample = DonorSample.build(
        donor,
        recipient,
        predictors=("size", "kind"),
        variables=tuple(variables),
        design=DESIGN,
    )
    columns = [find_column(name, implicates, None) for name in implicates.names]
    published = publish_donor(sample, columns)
    weights = weight_matrix(recipient, len(recipient))
    return tuple(EstimateData(recipient, weights, implicates, side) for side in (sample, published))


def estimates(source, statistic, where="", by=()):
    return _estimated(source, _Request((statistic,), tuple(by), where, "replicates", 0.90))


def same(sides, statistic, **asked):
    own, published = (estimates(side, statistic, **asked) for side in sides)
    pd.testing.assert_frame_equal(own, published, rtol=1e-6)
    assert not own["assumption"].str.contains(NO_DONOR, regex=False).any()


@pytest.mark.parametrize("statistic", EXACT, ids=str)
@pytest.mark.parametrize(
    "where",
    [
        "owns = 'yes'",
        "heats = 'no' AND size > 2",
        "cars = 0",
        "cars >= 2",
        "cars > 0 AND kind = 'gas'",
    ],
)
def test_a_condition_on_one_fused_variable(sides, statistic, where):
    same(sides, statistic, where=where, by=["area"])


@pytest.mark.parametrize("statistic", EXACT, ids=str)
def test_a_breakdown_by_a_fused_variable(sides, statistic):
    same(sides, statistic, by=["owns"])


@pytest.mark.parametrize(
    "statistic",
    [Statistic("mean", "size"), Statistic("count"), Statistic("share", "owns", level="yes")],
    ids=str,
)
def test_two_fused_variables_of_which_nothing_else_is_asked(sides, statistic):
    same(sides, statistic, where="owns = 'yes' AND heats = 'no'")
    same(sides, statistic, where="owns = 'yes' OR cars = 0")


def test_a_third_variable_among_two_is_said_to_lack_the_donors_part(sides):
    [row] = estimates(sides[1], Statistic("mean", "use"), "owns = 'yes' AND heats = 'no'").to_dict(
        "records"
    )
    assert NO_DONOR in row["assumption"]


@pytest.mark.parametrize("statistic", EXACT, ids=str)
def test_a_condition_on_amounts_between_published_parts_is_exact(sides, statistic):
    same(sides, statistic, where='"use" > 0', by=["area"])
    cut = float(sides[1].donor.answers["use"].cuts[5])
    same(sides, statistic, where=f'"use" > {cut!r}')


@pytest.mark.parametrize("statistic", EXACT, ids=str)
def test_a_condition_that_cuts_a_part_of_amounts_gives_about_the_same_margin(sides, statistic):
    """A share of a part's donors varies by its root: neither less on average nor much more."""
    ratios = []
    for at in np.linspace(120, 480, 10):
        for where in (f'"use" > {at:.1f}', f'"use" > {at:.1f} AND size > 2'):
            own, found = (estimates(side, statistic, where=where) for side in sides)
            assert NO_DONOR not in found["assumption"].iloc[0]
            ratios.append(float(found["moe"].iloc[0] / own["moe"].iloc[0]))
    assert 0.95 < np.mean(ratios) < 1.3
    assert min(ratios) > 0.8


def test_a_condition_on_amounts_and_the_recipients_own_answers(sides):
    own, found = (
        estimates(side, Statistic("mean", "size"), '"use" > 100 * size', ["area"]) for side in sides
    )
    assert found["moe"].to_numpy() == pytest.approx(own["moe"].to_numpy(), rel=0.05)
    assert not found["assumption"].str.contains(NO_DONOR, regex=False).any()


@pytest.mark.parametrize("where", ['"use" > 700', '"use" < 20 AND "use" > 0'])
def test_a_condition_inside_one_part_of_amounts_lacks_the_donors_part(sides, where):
    [row] = estimates(sides[1], Statistic("mean", "size"), where).to_dict("records")
    assert NO_DONOR in row["assumption"]


def test_a_threshold_is_told_where_enough_donors_are_on_either_side_and_else_said_to_lack_it(sides):
    statistic = Statistic("share_above", "use", threshold=0.0)
    same(sides, statistic, where="owns = 'yes'")
    [row] = estimates(sides[1], statistic, "cars = 4").to_dict("records")
    assert NO_DONOR in row["assumption"]


def test_a_level_too_rare_to_be_published_tells_nothing_of_its_households(sides):
    _, published = sides
    found = estimates(published, Statistic("mean", "use"), by=["heats"]).set_index("heats")
    assert NO_DONOR in found.loc["rarely", "assumption"]
    rare = published.donor.answers["heats"].levels.index("rarely")
    assert np.isnan(published.donor.within["heats", rare, "owns"].coefficients).all()


def test_nothing_published_is_of_fewer_donors_than_ten_or_follows_from_the_rest(sides):
    """Neither a table of parts and levels nor its margins leave a cell of few donors to be reckoned."""
    donor = sides[1].donor
    for (of, part, name), item in donor.within.items():
        told = np.isfinite(item.coefficients[:, 0])
        assert (item.counts[told] == 0).sum() + (item.counts[told] >= 10).sum() == told.sum()
        every = donor.answers[name]
        if not every.levels:
            continue
        parts = [donor.within[of, place, name] for place in range(len(donor.answers[of].cells))]
        for level, count in enumerate(every.counts):
            hidden = count - sum(
                other.counts[level] for other in parts if np.isfinite(other.coefficients[level, 0])
            )
            assert hidden == 0 or hidden >= 10, (of, part, name, level)


def test_subgroups_are_published_as_far_as_there_is_room(sides):
    sample, implicates = sides[0].donor, sides[0].implicates
    columns = [find_column(name, implicates, None) for name in implicates.names]
    assert publish_donor(sample, columns, most_bytes=0).within == {}
    few = publish_donor(sample, columns, most_bytes=200_000).within
    assert {key[0] for key in few} < {key[0] for key in sides[1].donor.within}


def test_files_hold_all_of_it(sides, tmp_path):
    write_published_donor(sides[1].donor, tmp_path)
    read = EstimateData(
        sides[0].table, sides[0].weights, sides[0].implicates, read_published_donor(tmp_path)
    )
    asked = {"where": "cars > 0", "by": ["area"]}
    own, found = (estimates(side, Statistic("mean", "use"), **asked) for side in (sides[0], read))
    pd.testing.assert_frame_equal(own, found, rtol=1e-5)
