"""What the donor adds to a margin of error: its own sampling error, and bias."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic, analyze, compare, survey_estimates
from fusion_core.estimates.margins import NO_DONOR
from fusion_core.estimates.statistics.group_sums import GroupSums
from fusion_core.estimates.statistics.groups import group_rows
from fusion_core.estimates.variance.donor_effect import DonorEffect
from fusion_core.estimates.variance.donor_error import DonorError
from fusion_core.estimates.variance.donor_sample import DonorSample, encode_alike
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

KINDS = ("gas", "oil")


def donor_table(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """Households that use more the larger they are, with replicate weights."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 6, rows)
    table = pd.DataFrame(
        {
            "size": size.astype(float),
            "kind": pd.Categorical(rng.choice(KINDS, rows), categories=KINDS),
            "use": 100.0 * size + rng.normal(0, 80, rows),
            "heats": pd.Categorical(rng.choice(["no", "yes"], rows), categories=["no", "yes"]),
            "weight": rng.uniform(1, 3, rows),
        }
    )
    signs = rng.choice([-1.0, 1.0], (rows, 40))
    replicates = table["weight"].to_numpy()[:, None] * (1 + 0.5 * signs)
    return pd.concat([table, pd.DataFrame(replicates, columns=DESIGN.columns)], axis=1)


DESIGN = WeightDesign.fay(40, 0.5)


def recipient_table(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "size": rng.integers(1, 6, rows).astype(float),
            "kind": pd.Categorical(rng.choice(KINDS, rows), categories=KINDS),
            "area": rng.choice(["north", "south"], rows),
            "np": rng.integers(1, 6, rows),
            "weight": rng.uniform(10, 20, rows),
        }
    )


def fused_for(recipient: pd.DataFrame, donor: pd.DataFrame, m: int = 10, shrink: float = 1.0):
    """Draw around the donor's regression on size, `shrink` of its slope."""
    rng = np.random.default_rng(3)
    slope, base = np.polyfit(donor["size"], donor["use"], 1, w=np.sqrt(donor["weight"]))
    centre = base + slope * donor["size"].mean()
    mean = centre + shrink * slope * (recipient["size"].to_numpy() - donor["size"].mean())
    use = mean[:, None] + rng.normal(0, 80, (len(recipient), m))
    heats = rng.integers(0, 2, (len(recipient), m)).astype(np.int8)
    return Implicates(
        {
            "use": FusedVariable("use", use),
            "heats": FusedVariable("heats", heats, ("no", "yes")),
        }
    )


def sample_of(donor, recipient, predictors=("size", "kind"), design=DESIGN) -> DonorSample:
    return DonorSample.build(
        donor, recipient, predictors=predictors, variables=("use", "heats"), design=design
    )


def one_row(statistic: Statistic, **changes) -> pd.Series:
    donor, recipient = donor_table(), recipient_table()
    given = {"recipient": recipient, "donor": sample_of(donor, recipient)} | changes
    return analyze(fused_for(recipient, donor), statistic, **given).iloc[0]


def test_without_predictors_the_variance_is_that_of_the_donors_mean():
    donor, recipient = donor_table(), recipient_table()
    sample = sample_of(donor, recipient, predictors=())
    groups, _ = group_rows(recipient, [])
    weight = recipient["weight"].to_numpy()
    error = DonorError(sample, GroupSums(groups, weight[:, None]), weight)
    moved = error._means @ sample.movements(donor["use"].to_numpy())
    own = survey_estimates(donor, DESIGN, Statistic("mean", "use"))["standard_error"].iloc[0]
    assert np.sqrt(DESIGN.factor * (moved**2).sum()) == pytest.approx(own, rel=0.1)


def test_movements_are_those_of_regressions_fitted_under_each_replicate():
    donor, recipient = donor_table(2000), recipient_table()
    sample = sample_of(donor, recipient)
    use = donor["use"].to_numpy()
    matrix = sample.own.matrix[:, :3]  # without the level that follows from the other
    exact = []
    for weight in sample.weights.T:
        root = np.sqrt(weight)[:, None]
        exact.append(np.linalg.lstsq(root * matrix, root[:, 0] * use, rcond=None)[0])
    at = matrix[:5]
    refitted = at @ (np.array(exact[1:]) - exact[0]).T
    linear = sample.own.matrix[:5] @ sample.movements(use)
    assert np.corrcoef(refitted.ravel(), linear.ravel())[0, 1] > 0.99
    assert linear.std() == pytest.approx(refitted.std(), rel=0.1)


def test_mean_predictors_are_those_of_the_encoded_rows():
    donor, recipient = donor_table(), recipient_table()
    recipient.loc[3, "kind"] = np.nan
    groups, keys = group_rows(recipient, ["area"])
    weight = recipient["weight"].to_numpy()
    _, side = encode_alike(donor, recipient, ["size", "kind"], donor["weight"].to_numpy())
    sums = side.sums(weight, groups)
    means = sums / sums[:, :1]
    for place, area in enumerate(keys["area"]):
        rows = (recipient["area"] == area).to_numpy()
        expected = np.average(side.matrix[rows], axis=0, weights=weight[rows])
        assert means[place] == pytest.approx(expected, rel=1e-5)


def test_margins_of_large_groups_contain_what_the_donor_does_not_know():
    """120 donors decide about 600 recipients; the truth is 0."""
    rng = np.random.default_rng(4)
    held = {True: 0, False: 0}
    recipient = pd.DataFrame({"size": rng.normal(size=600), "weight": np.ones(600)})
    for _ in range(120):
        donor = pd.DataFrame({"size": rng.normal(size=120), "weight": np.ones(120)})
        donor["use"] = rng.normal(size=120)
        donor["heats"] = pd.Categorical(rng.choice(["no", "yes"], 120), categories=["no", "yes"])
        draws = donor["use"].to_numpy()[rng.integers(0, 120, (600, 5))]
        fused = Implicates({"use": FusedVariable("use", draws)})
        sample = sample_of(donor, recipient, predictors=("size",), design=WeightDesign())
        for known in held:
            given = sample if known else None
            row = analyze(fused, Statistic("mean", "use"), recipient=recipient, donor=given).iloc[0]
            held[known] += row["lower"] <= 0 <= row["upper"]
    assert 0.84 < held[True] / 120 < 0.96
    assert held[False] / 120 < 0.8


def test_a_shrunken_estimate_has_a_margin_as_wide_as_its_bias():
    donor, recipient = donor_table(), recipient_table()
    small = (recipient["size"] == 1).to_numpy()
    rows = {
        shrink: analyze(
            fused_for(recipient, donor, shrink=shrink),
            Statistic("mean", "use"),
            subset=small,
            recipient=recipient,
            donor=sample_of(donor, recipient),
        ).iloc[0]
        for shrink in (1.0, 0.5)
    }
    bias = rows[0.5]["estimate"] - rows[1.0]["estimate"]
    assert bias > 50
    assert rows[0.5]["standard_error"] > 0.9 * bias > rows[1.0]["standard_error"]


def test_bias_and_variance_are_not_counted_twice():
    effect = DonorEffect(np.array([[1.0, -1.0], [1.0, -1.0]]), np.array([1.0, 3.0]), 1.0)
    assert effect.variance.tolist() == [2.0, 9.0]
    assert effect.scaled(2.0).variance.tolist() == [8.0, 36.0]


def test_what_moves_two_groups_alike_cancels_in_their_difference():
    effect = DonorEffect(np.array([[1.0, -1.0]]), np.array([0.5]), 1.0)
    assert (effect - effect).variance.tolist() == [0.0]
    donor, recipient = donor_table(), recipient_table()
    sample = sample_of(donor, recipient)
    fused = fused_for(recipient, donor)
    found = compare(
        fused,
        Statistic("mean", "use"),
        {"area": "north"},
        {"area": "south"},
        recipient=recipient,
        donor=sample,
    )
    apart = analyze(fused, Statistic("mean", "use"), by="area", recipient=recipient, donor=sample)
    independent = float(np.sqrt((apart["standard_error"] ** 2).sum()))
    assert found.standard_error < 0.95 * independent
    assert (
        found.assumption
        == analyze(fused, Statistic("mean", "use"), recipient=recipient, donor=sample)[
            "assumption"
        ].iloc[0]
    )


@pytest.mark.parametrize(
    "statistic",
    [
        Statistic("mean", "use"),
        Statistic("total", "use"),
        Statistic("median", "use"),
        Statistic("ratio", "use", denominator="np"),
        Statistic("share_above", "use", threshold=200),
        Statistic("share_below", "use", threshold=200),
        Statistic("share", "heats", level="yes"),
        Statistic("count", "heats", level="yes"),
        Statistic("quantile", "use", probability=0.9),
    ],
    ids=lambda statistic: statistic.label,
)
def test_every_statistic_contains_the_donors_error(statistic):
    row = one_row(statistic)
    assert 0 < row["fusion_share"] < 1
    assert NO_DONOR not in row["assumption"]


def test_a_median_moves_as_the_donors_own_median_does():
    donor, recipient = donor_table(2000), recipient_table(5000)
    fused = Implicates(
        {
            "use": FusedVariable(
                "use",
                donor["use"].to_numpy()[np.random.default_rng(5).integers(0, 2000, (5000, 5))],
            )
        }
    )
    sample = sample_of(donor, recipient, predictors=())
    row = analyze(fused, Statistic("median", "use"), recipient=recipient, donor=sample).iloc[0]
    from_donor = row["standard_error"] * np.sqrt(row["fusion_share"])
    own = survey_estimates(donor, DESIGN, Statistic("median", "use"))["standard_error"].iloc[0]
    assert from_donor == pytest.approx(own, rel=0.35)


def test_what_the_donor_cannot_tell_is_said():
    assert NO_DONOR in one_row(Statistic("gini", "use"))["assumption"]


def test_answers_of_the_recipient_itself_have_no_donor_error():
    with_donor, without = (
        one_row(Statistic("mean", "np")),
        one_row(Statistic("mean", "np"), donor=None),
    )
    assert with_donor["standard_error"] == without["standard_error"]
    assert with_donor["assumption"] == without["assumption"]


def test_a_donor_too_small_for_its_predictors_is_not_trusted():
    donor, recipient = donor_table(5), recipient_table()
    row = one_row(Statistic("mean", "use"), donor=sample_of(donor, recipient))
    assert NO_DONOR in row["assumption"]


def test_one_implicate_is_enough_where_the_donor_is_known():
    donor, recipient = donor_table(), recipient_table()
    fused = fused_for(recipient, donor, m=1)
    row = analyze(
        fused, Statistic("mean", "use"), recipient=recipient, donor=sample_of(donor, recipient)
    ).iloc[0]
    assert row["fusion_share"] > 0
    assert "One implicate" not in row["assumption"]


@pytest.mark.parametrize(
    "statistic",
    [
        Statistic("mean", "use"),
        Statistic("median", "use"),
        Statistic("share_above", "use", threshold=300),
    ],
    ids=lambda statistic: statistic.label,
)
def test_donors_who_did_not_answer_are_no_donors_with_nothing(statistic):
    """Left blank at random by a fifth, the donor is a fifth smaller, and no more than that."""
    donor, recipient = donor_table(2000), recipient_table()
    blank = donor.copy()
    blank.loc[np.random.default_rng(8).random(len(donor)) < 0.2, ["use", "heats"]] = np.nan
    fused = fused_for(recipient, donor)
    whole, fewer = (
        analyze(fused, statistic, recipient=recipient, donor=sample_of(table, recipient)).iloc[0]
        for table in (donor, blank)
    )
    assert fewer["standard_error"] == pytest.approx(whole["standard_error"], rel=0.3)


def test_donors_without_weight_change_nothing():
    donor, recipient = donor_table(), recipient_table()
    columns = ["weight", *DESIGN.columns]
    nobody = donor.assign(use=1e6, **dict.fromkeys(columns, 0.0))
    more = pd.concat([donor, nobody], ignore_index=True)
    rows = [
        one_row(Statistic("mean", "use"), donor=sample_of(table, recipient_table()))
        for table in (donor, more)
    ]
    assert rows[0]["standard_error"] == pytest.approx(rows[1]["standard_error"])
    assert len(recipient) > 0


def test_answers_the_recipient_lacks_are_not_predicted_for_it():
    """The ratio to an answer some did not give is about those who gave it, on both sides."""
    donor, recipient = donor_table(2000), recipient_table()
    large = recipient["size"] > 3
    fused = fused_for(recipient, donor)
    blank = recipient.assign(np=recipient["np"].where(large))
    ratio = Statistic("ratio", "use", denominator="np")
    some = analyze(fused, ratio, recipient=blank, donor=sample_of(donor, recipient)).iloc[0]
    among = analyze(
        fused,
        ratio,
        recipient=recipient,
        donor=sample_of(donor, recipient),
        subset=large.to_numpy(),
    ).iloc[0]
    assert some["estimate"] == pytest.approx(among["estimate"])
    assert some["fusion_share"] == pytest.approx(among["fusion_share"], rel=0.05)


def test_a_predictor_one_side_lacks_is_named():
    donor, recipient = donor_table(), recipient_table()
    with pytest.raises(InputError, match=r"no column 'size' \(recipient\)"):
        sample_of(donor, recipient.drop(columns="size"))


def test_a_predictor_nobody_answered_tells_nothing_and_a_single_donor_is_refused():
    donor, recipient = donor_table(), recipient_table()
    blank = sample_of(donor.assign(size=np.nan), recipient)
    assert one_row(Statistic("mean", "use"), donor=blank)["standard_error"] > 0
    with pytest.raises(InputError, match="at least 2 donors"):
        DonorSample.build(
            donor.iloc[:1], recipient, predictors=["size"], variables=["use", "heats"]
        )


@pytest.mark.parametrize("design", [None, WeightDesign.fay(12, 0.5)], ids=["dealt", "replicates"])
def test_several_numbers_are_regressed_at_once_as_one_by_one(design):
    rng = np.random.default_rng(6)
    donor = pd.DataFrame({"x": rng.normal(size=300), "weight": rng.uniform(1, 2, 300)})
    if design is not None:
        for name in design.columns:
            donor[name] = donor["weight"] * (1 + 0.5 * rng.choice([-1, 1], 300))
    sample = DonorSample.build(donor, donor.head(5), predictors=["x"], variables=[], design=design)
    values = rng.normal(size=(4, 300))
    values[1, :40] = values[3, 7:9] = np.nan
    coefficients, movements = sample.regressed(values)
    for place, row in enumerate(values):
        np.testing.assert_allclose(coefficients[place], sample.coefficients(row), atol=1e-12)
        np.testing.assert_allclose(movements[place], sample.movements(row), atol=1e-12)


def test_a_donor_without_replicate_weights_moves_as_each_random_group_is_left_out():
    rng = np.random.default_rng(7)
    donor = pd.DataFrame({"x": rng.normal(size=230), "weight": rng.uniform(1, 2, 230)})
    sample = DonorSample.build(donor, donor.head(5), predictors=["x"], variables=[])
    values = rng.normal(size=230)
    fit = sample.regression(values)
    residual = values - sample.own.matrix @ sample.coefficients(values)
    every = np.arange(sample.replicates)
    left_out = sample.dealt[:, None] == every
    weights = donor["weight"].to_numpy()[:, None] * np.where(left_out, 0.0, 100 / 99)
    changed = (weights - donor[["weight"]].to_numpy()) * residual[:, None]
    widened = np.sqrt(230 / (230 - fit.rank))
    expected = widened * (fit.inverse @ (sample.own.matrix.T @ changed))
    np.testing.assert_allclose(sample.movements(values), expected, atol=1e-12)
    assert replace(sample, factor=1.0).own.matrix is sample.own.matrix
