import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic, analyze, compare, derive, reliability, survey_estimates
from fusion_core.estimates.margins import DONOR_UNKNOWN
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

DESIGN = WeightDesign.successive_difference(4)


@pytest.fixture
def recipient():
    table = pd.DataFrame(
        {
            "puma": ["01", "01", "01", "01", "02", "02", "03"],
            "income": [10.0, 20.0, 30.0, np.nan, 50.0, 60.0, 70.0],
            "owner": pd.Categorical(["yes", "no", "yes", "yes", "no", None, "yes"]),
            "weight": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0],
        }
    )
    factors = np.array([[0.3, 1.7, 1.0, 1.0], [1.7, 0.3, 1.0, 1.0], [1.0, 1.0, 0.3, 1.7]])
    rows = factors[np.arange(7) % 3]
    table[list(DESIGN.columns)] = table[["weight"]].to_numpy() * rows
    return table


@pytest.fixture
def implicates():
    energy = np.array([[1, 2], [3, 3], [5, 4], [2, 2], [8, 6], [9, 9], [4, 4]], dtype=float)
    heated = np.array([[0, 0], [0, 0], [0, 0], [0, 0], [1, 0], [1, 1], [1, 1]], dtype=np.int8)
    return Implicates(
        {
            "energy": FusedVariable("energy", energy),
            "heat": FusedVariable("heat", heated, ("gas", "oil")),
        }
    )


def only(result):
    assert len(result) == 1
    return result.iloc[0]


def test_the_estimate_is_the_mean_over_implicates(recipient, implicates):
    row = only(analyze(implicates, Statistic("mean", "energy"), recipient=recipient))
    means = [
        np.average(implicates["energy"].values[:, m], weights=recipient["weight"]) for m in (0, 1)
    ]
    assert row["estimate"] == pytest.approx(np.mean(means))
    assert row["n"] == 7


def test_households_without_an_answer_are_left_out(recipient, implicates):
    result = analyze(
        implicates, Statistic("mean", "income"), by="puma", recipient=recipient, design=DESIGN
    )
    assert list(result["n"]) == [3, 2, 1]
    assert result["estimate"][0] == pytest.approx((10 * 10 + 20 * 20 + 30 * 30) / 60)
    shares = analyze(
        implicates, Statistic("share", "owner", level="yes"), recipient=recipient, design=DESIGN
    )
    assert only(shares)["estimate"] == pytest.approx(150 / 220)


def test_without_replicate_weights_the_assumption_is_stated(recipient, implicates):
    row = only(analyze(implicates, Statistic("mean", "energy"), recipient=recipient))
    assert "No replicate weights" in row["assumption"]
    assert row["moe"] > 0


def test_with_one_implicate_the_assumption_is_stated(recipient, implicates):
    first = Implicates({"energy": FusedVariable("energy", implicates["energy"].values[:, :1])})
    row = only(analyze(first, Statistic("mean", "energy"), recipient=recipient, design=DESIGN))
    assert row["assumption"].startswith("One implicate")
    assert row["fusion_share"] == 0


def test_of_a_fused_figure_without_its_donor_the_margin_is_said_to_be_incomplete(
    recipient, implicates
):
    row = only(analyze(implicates, Statistic("mean", "energy"), recipient=recipient, design=DESIGN))
    assert row["assumption"] == DONOR_UNKNOWN
    assert row["cv"] < 0.4
    assert row["reliability"] == "incomplete"
    assert 0 < row["fusion_share"] < 1


def test_one_household_has_no_margin_of_error(recipient, implicates):
    result = analyze(
        implicates, Statistic("mean", "energy"), by="puma", recipient=recipient, design=DESIGN
    )
    single = result[result["puma"] == "03"].iloc[0]
    assert single["n"] == 1
    assert np.isnan(single["moe"])
    assert single["reliability"] == "undefined"
    assert single["assumption"].startswith("One household")


def test_a_share_of_zero_still_has_a_margin(recipient, implicates):
    result = analyze(
        implicates,
        Statistic("share", "heat", level="oil"),
        by="puma",
        recipient=recipient,
        design=DESIGN,
    )
    none = result[result["puma"] == "01"].iloc[0]
    assert none["estimate"] == 0
    assert none["moe"] > 0
    assert none["lower"] == 0
    assert np.isnan(none["cv"])
    assert none["reliability"] == "undefined"
    assert "Wilson" in none["assumption"]


def test_a_count_of_zero_has_the_margin_of_the_share_times_the_households(recipient, implicates):
    share, count = (
        only(
            analyze(
                implicates,
                Statistic(kind, "heat", level="oil"),
                recipient=recipient,
                design=DESIGN,
                subset=(recipient["puma"] == "01").to_numpy(),
            )
        )
        for kind in ("share", "count")
    )
    assert count["moe"] == pytest.approx(100 * share["moe"])


def test_every_kind_of_statistic(recipient, implicates):
    statistics = [
        Statistic("total", "energy"),
        Statistic("count"),
        Statistic("count", "heat", level="gas"),
        Statistic("count", "energy", threshold=4.5),
        Statistic("share_above", "energy", threshold=4.5),
        Statistic("share_below", "energy", threshold=4.5),
        Statistic("quantile", "energy", probability=0.99),
        Statistic("ratio", "energy", denominator="weight"),
    ]
    result = analyze(implicates, statistics, recipient=recipient, design=DESIGN)
    weight = recipient["weight"].to_numpy()
    energy = implicates["energy"].values
    above = (weight @ (energy > 4.5)).mean()
    expected = [
        (weight @ energy).mean(),
        280.0,
        (weight @ (implicates["heat"].values == 0)).mean(),
        above,
        above / 280,
        1.0 - above / 280,
        9.0,
        (weight @ energy).mean() / (weight**2).sum(),
    ]
    assert result["estimate"].to_numpy() == pytest.approx(expected)


def test_a_number_at_the_threshold_is_neither_above_nor_below(recipient, implicates):
    sides = [
        only(analyze(implicates, Statistic(kind, "income", threshold=30.0), recipient=recipient))
        for kind in ("share_below", "share_above")
    ]
    # Of the weight of everybody who answered, 240, 30 is at the threshold.
    assert [row["estimate"] for row in sides] == pytest.approx([30 / 240, 180 / 240])


def test_a_share_below_is_as_uncertain_as_the_share_above(recipient, implicates):
    above, below = (
        only(
            analyze(
                implicates,
                Statistic(kind, "energy", threshold=4.5),
                recipient=recipient,
                design=DESIGN,
            )
        )
        for kind in ("share_above", "share_below")
    )
    assert below["standard_error"] == pytest.approx(above["standard_error"])
    assert below["standard_error"] > 0


def test_a_subset_is_a_domain(recipient, implicates):
    rows = (recipient["puma"] == "02").to_numpy()
    by_filter = only(
        analyze(
            implicates, Statistic("mean", "energy"), recipient=recipient, design=DESIGN, subset=rows
        )
    )
    by_group = analyze(
        implicates, Statistic("mean", "energy"), by="puma", recipient=recipient, design=DESIGN
    )
    row = by_group[by_group["puma"] == "02"].iloc[0]
    assert by_filter["estimate"] == pytest.approx(row["estimate"])
    assert by_filter["moe"] == pytest.approx(row["moe"])


def test_a_group_whose_replicate_weights_vanish_is_reported(recipient, implicates):
    recipient.loc[recipient["puma"] == "02", "replicate_2"] = 0.0
    result = analyze(
        implicates, Statistic("mean", "energy"), by="puma", recipient=recipient, design=DESIGN
    )
    row = result[result["puma"] == "02"].iloc[0]
    assert row["moe"] > 0
    assert row["assumption"].startswith("1 replicate weight gives no estimate here.")


def test_groups_of_missing_values_are_kept(recipient, implicates):
    result = analyze(implicates, Statistic("count"), by="owner", recipient=recipient)
    assert result["n"].sum() == 7
    assert result["owner"].isna().sum() == 1


@pytest.mark.parametrize(
    ("cv", "word"),
    [(0.05, "high"), (0.12, "medium"), (0.40, "medium"), (0.41, "low"), (np.nan, "undefined")],
)
def test_reliability_follows_the_coefficient_of_variation(cv, word):
    assert reliability(np.array([cv]))[0] == word


def test_the_paper_method_needs_a_replicate_per_implicate(recipient):
    many = Implicates({"energy": FusedVariable("energy", np.ones((7, 5)))})
    with pytest.raises(InputError, match="5 implicates need as many replicate weights"):
        analyze(
            many, Statistic("mean", "energy"), recipient=recipient, design=DESIGN, method="paper"
        )


@pytest.mark.parametrize(
    ("statistic", "message"),
    [
        (Statistic("mean", "heat"), "has levels, not numbers"),
        (Statistic("share", "energy"), "is a number and has no levels"),
        (Statistic("mean", "enrgy"), "Did you mean 'energy'?"),
        (Statistic("share", "heat", level="Oil"), "Did you mean 'oil'?"),
        (Statistic("ratio", "energy", denominator="owner"), "has levels"),
    ],
)
def test_a_statistic_must_suit_its_variable(recipient, implicates, statistic, message):
    with pytest.raises(InputError, match=message):
        analyze(implicates, statistic, recipient=recipient)


def test_wrong_tables_are_refused(recipient, implicates):
    mean = Statistic("mean", "energy")
    with pytest.raises(InputError, match="6 households and the implicates have 7"):
        analyze(implicates, mean, recipient=recipient.iloc[:6])
    with pytest.raises(InputError, match="no weight column 'wgt'"):
        analyze(implicates, mean, recipient=recipient, weight="wgt")
    with pytest.raises(InputError, match="Groups need the recipient"):
        analyze(implicates, mean, by="puma")
    with pytest.raises(InputError, match="no column 'pma'"):
        analyze(implicates, mean, by="pma", recipient=recipient)
    with pytest.raises(InputError, match="No household is left"):
        analyze(implicates, mean, recipient=recipient, subset=np.zeros(7, dtype=bool))
    recipient.loc[2, "weight"] = np.nan
    with pytest.raises(InputError, match="'weight' has missing values"):
        analyze(implicates, mean, recipient=recipient)
    recipient.loc[2, "weight"] = -1.0
    with pytest.raises(InputError, match="negative"):
        analyze(implicates, mean, recipient=recipient)


def test_survey_estimates_use_the_published_multiplier(recipient):
    row = only(survey_estimates(recipient, DESIGN, Statistic("count")))
    assert row["moe"] == pytest.approx(1.645 * row["standard_error"])


@pytest.mark.parametrize(("shift", "significant"), [(10.0, True), (0.0, False)])
def test_a_clear_difference_is_significant_and_chance_is_not(shift, significant):
    generator = np.random.default_rng(8)
    table = pd.DataFrame({"puma": ["01"] * 60 + ["02"] * 60, "weight": 1.0})
    energy = generator.normal(20, 5, (120, 10))
    energy[60:] += shift
    fused = Implicates({"energy": FusedVariable("energy", energy)})
    difference = compare(
        fused, Statistic("mean", "energy"), {"puma": "02"}, {"puma": "01"}, recipient=table
    )
    assert difference.difference == pytest.approx(shift, abs=1.5)
    assert difference.difference == pytest.approx(difference.first - difference.second)
    assert difference.is_significant is significant
    assert (abs(difference.difference) > difference.moe) is significant


def test_shared_replicates_make_a_difference_more_certain_than_two_estimates():
    generator = np.random.default_rng(3)
    table = pd.DataFrame({"puma": ["01"] * 50 + ["02"] * 50, "weight": 1.0})
    # Whatever moves one area's replicate moves the other's alike.
    factors = generator.choice([0.3, 1.0, 1.7], (50, 4))
    table[list(DESIGN.columns)] = np.vstack([factors, factors])
    values = np.tile(generator.gamma(2.0, size=(50, 1)), (2, 1))
    fused = Implicates({"energy": FusedVariable("energy", np.repeat(values, 3, axis=1))})
    mean = Statistic("mean", "energy")
    alone = analyze(fused, mean, by="puma", recipient=table, design=DESIGN)
    both = compare(fused, mean, {"puma": "01"}, {"puma": "02"}, recipient=table, design=DESIGN)
    assert (alone["standard_error"] > 0).all()
    assert both.standard_error == pytest.approx(0, abs=1e-12)


def test_overlapping_groups_need_replicates(recipient, implicates):
    mean = Statistic("mean", "energy")
    with pytest.raises(InputError, match="share households"):
        compare(implicates, mean, {"puma": "01"}, np.ones(7, dtype=bool), recipient=recipient)
    found = compare(
        implicates,
        mean,
        {"puma": "01"},
        np.ones(7, dtype=bool),
        recipient=recipient,
        design=DESIGN,
    )
    assert found.standard_error > 0


def test_only_one_level_can_be_compared(recipient, implicates):
    with pytest.raises(InputError, match="2 levels to compare"):
        compare(
            implicates,
            Statistic("share", "heat"),
            {"puma": "01"},
            {"puma": "02"},
            recipient=recipient,
        )


def test_derived_variables_must_fit(implicates):
    with pytest.raises(InputError, match="already is a fused variable"):
        derive(implicates, "energy", lambda v: v["energy"])
    with pytest.raises(InputError, match="has the shape"):
        derive(implicates, "sum", lambda v: v["energy"].sum(axis=1))
    with pytest.raises(InputError, match="must be a function of the fused values; got a str"):
        derive(implicates, "ratio", "energy / size")
    doubled = derive(implicates, "double", lambda v: 2 * v["energy"])
    assert (doubled["double"].values == 2 * implicates["energy"].values).all()


@pytest.mark.parametrize("kind", ["median", "quantile"])
def test_a_median_no_weight_moves_has_an_unknown_margin_not_none(kind):
    generator = np.random.default_rng(2)
    table = pd.DataFrame({"puma": ["01"] * 60 + ["02"] * 60, "weight": 1.0})
    table[list(DESIGN.columns)] = generator.choice([0.3, 1.0, 1.7], (120, 4))
    rent = generator.gamma(2.0, 300.0, (120, 3))
    rent[:50] = 500.0
    fused = Implicates({"rent": FusedVariable("rent", rent)})
    statistic = Statistic(kind, "rent", probability=0.4 if kind == "quantile" else None)
    result = analyze(fused, statistic, by="puma", recipient=table, design=DESIGN)
    heaped, spread = result.to_dict("records")
    assert heaped["estimate"] == 500
    assert np.isnan(heaped["standard_error"])
    assert heaped["reliability"] == "undefined"
    assert heaped["assumption"].startswith("Every replicate weight and implicate")
    assert spread["standard_error"] > 0
    assert spread["assumption"] == DONOR_UNKNOWN
    found = compare(
        fused, statistic, {"puma": "01"}, {"puma": "02"}, recipient=table, design=DESIGN
    )
    assert np.isnan(found.p_value)
    assert not found.is_significant
