"""What several donors add to a margin of error, each with variables of its own."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates.api import estimate_targets
from fusion_core.estimates.runs.estimate_data import EstimateData
from fusion_core.estimates.statistics import Statistic, weight_matrix
from fusion_core.estimates.variance import Donors, DonorSample
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.surveys.weight_design import WeightDesign

LEVELS = ("No", "Yes")
BOTH = Statistic("share", "first = 'Yes' AND second = 'Yes'", level="Yes")


def donor_table(rng, rows, name):
    size = rng.normal(size=rows)
    holds = rng.random(rows) < 0.5 + 0.1 * np.clip(size, -2, 2)
    answers = pd.Categorical(np.where(holds, "Yes", "No"), categories=LEVELS)
    return pd.DataFrame({"size": size, name: answers, "weight": np.ones(rows)})


def draws(rng, donor, name, recipient, m):
    """Draw as a linear model of the donor says, which has no bias."""
    holds = (donor[name] == "Yes").to_numpy(dtype=float)
    slope, base = np.polyfit(donor["size"], holds, 1)
    chance = np.clip(base + slope * recipient["size"].to_numpy(), 0, 1)
    codes = (rng.random((len(recipient), m)) < chance[:, None]).astype(np.int8)
    return FusedVariable(name, codes, LEVELS)


def joint_data(rng, recipient, rows=(150, 100), m=10, known=True):
    fused, samples = {}, []
    for name, count in zip(("first", "second"), rows, strict=True):
        donor = donor_table(rng, count, name)
        fused[name] = draws(rng, donor, name, recipient, m)
        samples.append(DonorSample.build(donor, recipient, predictors=["size"], variables=[name]))
    weights = weight_matrix(recipient, len(recipient), design=WeightDesign())
    donors = Donors(tuple(samples)) if known else None
    return EstimateData(recipient.drop(columns="weight"), weights, Implicates(fused), donors)


def estimated(source, statistic, where=""):
    targets = source.targets([statistic], where)
    breakdown = source.breakdown((), where)
    [block] = estimate_targets(
        breakdown.groups, source.weights, targets, donor=source.donor, sums=source.sums((), where)
    )
    return block


def test_margins_of_joint_shares_contain_the_parts_of_both_donors():
    """150 and 100 donors decide about 3,000 households; the truth is what the two models say."""
    rng = np.random.default_rng(5)
    recipient = pd.DataFrame({"size": rng.normal(size=3000), "weight": np.ones(3000)})
    chance = 0.5 + 0.1 * np.clip(recipient["size"], -2, 2)
    truth = float((chance**2).mean())
    held = {True: 0, False: 0}
    repeats = 80
    for _ in range(repeats):
        source = joint_data(rng, recipient)
        block = estimated(source, BOTH)
        for known in held:
            variance = block.pooled.total[0] if known else block.pooled.within[0]
            held[known] += abs(block.pooled.estimate[0] - truth) <= 1.645 * np.sqrt(variance)
    assert 0.8 < held[True] / repeats < 0.99
    assert held[False] / repeats < 0.6


def test_each_donors_part_is_the_smaller_the_larger_it_is():
    rng = np.random.default_rng(6)
    recipient = pd.DataFrame({"size": rng.normal(size=3000), "weight": np.ones(3000)})
    small = estimated(joint_data(rng, recipient, rows=(100, 100)), BOTH)
    large = estimated(joint_data(rng, recipient, rows=(100, 20_000)), BOTH)
    largest = estimated(joint_data(rng, recipient, rows=(20_000, 20_000)), BOTH)
    margins = [float(block.pooled.total[0]) for block in (small, large, largest)]
    assert margins[0] > 1.3 * margins[1] > 1.6 * margins[2]


def test_what_one_donor_decides_has_the_margin_it_has_alone():
    rng = np.random.default_rng(7)
    recipient = pd.DataFrame({"size": rng.normal(size=1000), "weight": np.ones(1000)})
    source = joint_data(rng, recipient)
    first = source.donor.samples[0]
    alone = EstimateData(source.table, source.weights, source.implicates.base, first)
    share = Statistic("share", "first", level="Yes")
    blocks = [estimated(data, share) for data in (source, alone)]
    assert blocks[0].pooled.total[0] == pytest.approx(blocks[1].pooled.total[0])


@pytest.mark.parametrize("where", ["second = 'Yes'", "second = 'Yes' OR size > 1"])
def test_a_share_within_the_others_answer_is_moved_by_its_own_donor(where):
    rng = np.random.default_rng(8)
    recipient = pd.DataFrame({"size": rng.normal(size=2000), "weight": np.ones(2000)})
    source = joint_data(rng, recipient)
    block = estimated(source, Statistic("share", "first", level="Yes"), where)
    assert block.complete.all()
    assert block.pooled.total[0] > 1.5 * block.pooled.within[0]


def test_an_expression_over_a_recipients_answer_is_asked_of_the_donor():
    rng = np.random.default_rng(9)
    recipient = pd.DataFrame(
        {
            "size": rng.normal(size=1000),
            "income": rng.gamma(2.0, 500.0, 1000),
            "weight": np.ones(1000),
        }
    )
    donor = pd.DataFrame({"size": rng.normal(size=400), "weight": np.ones(400)})
    donor["cost"] = 100 + 10 * donor["size"] + rng.normal(size=400)
    sample = DonorSample.build(donor, recipient, predictors=["size"], variables=["cost"])
    cost = donor["cost"].to_numpy()[rng.integers(0, 400, (1000, 5))]
    weights = weight_matrix(recipient, 1000, design=WeightDesign())
    fused = Implicates({"cost": FusedVariable("cost", cost)})
    source = EstimateData(recipient.drop(columns="weight"), weights, fused, sample)
    block = estimated(source, Statistic("mean", "cost / income"))
    assert block.complete.all()
    assert np.isfinite(block.pooled.total).all()


def test_a_condition_of_both_donors_is_as_uncertain_as_its_contrary():
    rng = np.random.default_rng(10)
    recipient = pd.DataFrame({"size": rng.normal(size=2000), "weight": np.ones(2000)})
    source = joint_data(rng, recipient)
    shares = [replace(BOTH, level=level) for level in ("Yes", "No")]
    yes, no = (estimated(source, share).pooled for share in shares)
    assert yes.estimate[0] + no.estimate[0] == pytest.approx(1.0)
    assert no.total[0] == pytest.approx(yes.total[0])


@pytest.mark.parametrize("before", [BOTH, Statistic("share", "first", level="Yes")])
def test_margins_do_not_depend_on_what_was_asked_before(before):
    recipient = pd.DataFrame({"size": np.linspace(-2, 2, 2000), "weight": np.ones(2000)})
    where, asked = "first = 'Yes' OR second = 'Yes'", Statistic("share", "first", level="No")
    fresh, used = (joint_data(np.random.default_rng(11), recipient) for _ in range(2))
    estimated(used, before, where)
    one, two = (estimated(source, asked, where).pooled.total[0] for source in (fresh, used))
    assert two == pytest.approx(one)
