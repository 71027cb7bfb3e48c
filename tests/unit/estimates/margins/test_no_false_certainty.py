"""Where nothing is known of an error, or of a number, the result says so in place of a zero."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic, analyze, compare, survey_estimates
from fusion_core.estimates.margins.assumptions import (
    CONTROLLED,
    DENOMINATOR_CHANGES_SIGN,
    HEAPED,
    NEGATIVE_VALUES,
    NO_ANSWER,
    NO_CASE,
    NO_DENOMINATOR,
    NO_DONOR,
    NO_HOUSEHOLD,
    NO_INEQUALITY,
    ONE_HOUSEHOLD,
    SAME_ANSWER,
)
from fusion_core.estimates.variance.donor_sample import DonorSample
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

DESIGN = WeightDesign.successive_difference(8)
PLAIN = Implicates({})
METHODS = ("replicates", "fusionacs")


def survey(rows=60, seed=1, **columns):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"weight": rng.uniform(20, 200, rows), **columns}, index=range(rows))
    factors = rng.choice([0.3, 1.0, 1.7], (rows, DESIGN.replicates))
    table[list(DESIGN.columns)] = table[["weight"]].to_numpy() * factors
    return table


def one(table, statistic, *, implicates=PLAIN, design=DESIGN, **given):
    found = analyze(implicates, statistic, recipient=table, design=design, **given)
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize("design", [DESIGN, None])
@pytest.mark.parametrize("kind", ["mean", "median", "gini"])
def test_where_all_answer_the_same_the_margin_is_unknown(kind, design):
    row = one(survey(20, x=7.0), Statistic(kind, "x"), design=design)
    assert row["estimate"] == pytest.approx(0.0 if kind == "gini" else 7.0)
    assert np.isnan(row["moe"])
    assert row["reliability"] == "undefined"
    assert "the margin is unknown, not zero" in row["assumption"]


def test_replicate_weights_that_equal_the_weight_are_no_certainty():
    table = survey(50, x=np.random.default_rng(2).normal(100, 5, 50))
    for name in DESIGN.columns:
        table[name] = table["weight"]
    for statistic in (Statistic("mean", "x"), Statistic("total", "x"), Statistic("median", "x")):
        row = one(table, statistic)
        assert np.isnan(row["moe"])
        assert row["reliability"] != "high"
        assert "unknown, not zero" in row["assumption"]
    count = one(table, Statistic("count"))
    assert np.isnan(count["moe"])
    # Weights that move from replicate to replicate and keep their sum were adjusted to it.
    table["replicate_1"] = table["weight"].to_numpy()[::-1]
    count = one(table, Statistic("count"))
    assert count["moe"] == 0
    assert count["assumption"] == CONTROLLED


@pytest.mark.parametrize("method", METHODS)
def test_a_share_of_everybody_is_as_certain_as_those_who_answered(method):
    answers = np.full(1000, np.nan)
    answers[:4] = 1.0
    yes = pd.Categorical(np.where(answers == 1.0, "yes", None), categories=["no", "yes"])
    few = one(survey(1000, x=yes), Statistic("share", "x", level="yes"), method=method)
    four = one(survey(1000, x=yes).iloc[:4], Statistic("share", "x", level="yes"), method=method)
    assert few["n"] == four["n"] == 4
    assert few["moe"] == pytest.approx(four["moe"])
    assert few["moe"] > 0.2
    assert few["reliability"] != "high" or few["cv"] > 0.05


def test_a_fused_share_of_everybody_is_no_more_certain_than_its_donors():
    rng = np.random.default_rng(3)
    donor = pd.DataFrame({"size": rng.normal(size=40), "weight": 1.0})
    donor["ac"] = pd.Categorical(["yes"] * 40, categories=["no", "yes"])
    table = survey(5000, size=rng.normal(size=5000))
    sample = DonorSample.build(donor, table, predictors=["size"], variables=["ac"])
    fused = Implicates({"ac": FusedVariable("ac", np.ones((5000, 5), np.int8), ("no", "yes"))})
    row = one(table, Statistic("share", "ac", level="yes"), implicates=fused, donor=sample)
    assert NO_CASE in row["assumption"]
    assert row["moe"] > 0.03
    donor.loc[:19, "ac"] = np.nan
    half = DonorSample.build(donor, table, predictors=["size"], variables=["ac"])
    wider = one(table, Statistic("share", "ac", level="yes"), implicates=fused, donor=half)
    assert wider["moe"] > 1.5 * row["moe"]


def test_households_without_weight_count_nowhere():
    table = survey(30, x=np.arange(30.0), y=pd.Categorical(["yes"] * 30, categories=["no", "yes"]))
    columns = ["weight", *DESIGN.columns]
    nobody = pd.concat([table, table.assign(**dict.fromkeys(columns, 0.0))], ignore_index=True)
    for statistic in (
        Statistic("mean", "x"),
        Statistic("total", "x"),
        Statistic("median", "x"),
        Statistic("share", "y", level="yes"),
        Statistic("gini", "x"),
    ):
        for design in (DESIGN, None):
            if design is None and statistic.kind == "total":
                continue
            with_them, without = (one(rows, statistic, design=design) for rows in (nobody, table))
            pd.testing.assert_series_equal(with_them, without)


def test_one_answer_is_one_household():
    x = np.full(30, np.nan)
    x[3] = 5.0
    row = one(survey(30, x=x), Statistic("mean", "x"))
    assert row["n"] == 1
    assert np.isnan(row["moe"])
    assert ONE_HOUSEHOLD in row["assumption"]


def test_a_difference_from_one_household_has_no_margin():
    rng = np.random.default_rng(4)
    table = survey(60, x=rng.normal(100, 20, 60), area=["a"] * 59 + ["b"])
    found = compare(
        None, Statistic("mean", "x"), {"area": "a"}, {"area": "b"}, recipient=table, design=DESIGN
    )
    assert np.isnan(found.p_value)
    assert not found.is_significant


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["total", "mean", "count", "median", "share_above"])
def test_of_no_answer_there_is_no_number(kind, method):
    statistic = Statistic(kind, "x", threshold=3.0 if kind in {"count", "share_above"} else None)
    row = one(survey(20, x=np.nan), statistic, method=method)
    assert np.isnan(row["estimate"])
    assert np.isnan(row["moe"])
    assert row["n"] == 0
    if method == "replicates":
        assert row["assumption"] == NO_ANSWER


@pytest.mark.parametrize("method", [*METHODS, "paper"])
@pytest.mark.parametrize("kind", ["mean", "median"])
def test_who_did_not_answer_is_as_if_not_there(kind, method):
    rng = np.random.default_rng(9)
    x = np.where(rng.random(80) < 0.4, np.nan, rng.gamma(2.0, 50.0, 80))
    table = survey(80, x=x)
    asked, answered = (
        one(rows, Statistic(kind, "x"), method=method, design=None)
        for rows in (table, table[table["x"].notna()].reset_index(drop=True))
    )
    for name in ("n", "estimate", "moe"):
        assert asked[name] == pytest.approx(answered[name]), name


def test_a_total_of_some_answers_says_how_many_answered():
    x = np.full(40, 10.0)
    x[:10] = np.nan
    table = survey(40, x=x)
    table["weight"] = 1.0
    row = one(table, Statistic("total", "x"))
    assert row["estimate"] == pytest.approx(300.0)
    assert "75.0% of the households answered" in row["assumption"].replace(" %", "%")
    assert "answered" not in one(survey(40, x=10.0), Statistic("total", "x"))["assumption"]


def test_a_group_of_weight_zero_has_no_estimate_and_says_why():
    table = survey(20, x=np.arange(20.0))
    nobody = table.index < 5
    table.loc[nobody, ["weight", *DESIGN.columns]] = 0.0
    row = one(table, Statistic("mean", "x"), subset=nobody)
    assert row["assumption"] == NO_HOUSEHOLD


def test_a_ratio_to_nothing_is_missing_and_one_to_almost_nothing_has_no_margin():
    rng = np.random.default_rng(5)
    x = rng.normal(100, 10, 60)
    nothing = one(survey(60, x=x, d=0.0), Statistic("ratio", "x", denominator="d"))
    assert np.isnan(nothing["estimate"])
    assert nothing["assumption"] == NO_DENOMINATOR
    signs = np.tile([1.0, -1.0], 30)
    table = survey(60, x=x, d=signs)
    table["weight"] = 1.0
    cancelled = one(table, Statistic("ratio", "x", denominator="d"))
    assert cancelled["assumption"] == NO_DENOMINATOR
    table["d"] = signs + 0.01
    unsure = one(table, Statistic("ratio", "x", denominator="d"))
    assert np.isfinite(unsure["estimate"])
    assert np.isnan(unsure["moe"])
    assert DENOMINATOR_CHANGES_SIGN in unsure["assumption"]


def test_a_ratio_counts_who_answered_both():
    x, d = np.full(30, 2.0), np.full(30, 4.0)
    x[:10], d[10:15] = np.nan, np.nan
    assert one(survey(30, x=x, d=d), Statistic("ratio", "x", denominator="d"))["n"] == 15


def test_inequality_of_negative_or_no_amounts_says_so():
    rng = np.random.default_rng(6)
    mixed = rng.normal(1.0, 50.0, 200)
    row = one(survey(200, x=np.abs(mixed) - 30.0), Statistic("gini", "x"))
    assert NEGATIVE_VALUES in row["assumption"]
    zeros = one(survey(200, x=0.0), Statistic("gini", "x"))
    assert np.isnan(zeros["estimate"])
    assert zeros["assumption"] == NO_INEQUALITY
    assert (
        NEGATIVE_VALUES
        not in one(survey(200, x=np.abs(mixed)), Statistic("gini", "x"))["assumption"]
    )


@pytest.mark.parametrize("where", ["recipient", "fused"])
def test_infinite_values_are_refused(where):
    x = np.arange(20.0)
    x[4] = np.inf
    fused = Implicates({"x": FusedVariable("x", x[:, None])}) if where == "fused" else PLAIN
    table = survey(20) if where == "fused" else survey(20, x=x)
    with pytest.raises(InputError, match=r"'x' is infinite (for 1 household|in 1 row)"):
        one(table, Statistic("mean", "x"), implicates=fused)


def test_numbers_with_missing_ones_in_a_whole_number_column_are_missing():
    table = survey(4, x=pd.array([1, 2, None, 3], dtype="Int64"))
    assert one(table, Statistic("mean", "x"), design=None)["n"] == 3


@pytest.mark.parametrize("name", ["n", "estimate", "level", "assumption"])
def test_groups_cannot_be_named_like_a_column_of_the_result(name):
    table = survey(20, x=1.0, **{name: "a"})
    with pytest.raises(InputError, match=f"'{name}' cannot form groups"):
        analyze(PLAIN, Statistic("count"), by=name, recipient=table)
    with pytest.raises(InputError, match=f"'{name}' cannot form groups"):
        survey_estimates(table, DESIGN, Statistic("count"), by=name)


def test_a_column_forms_groups_once():
    table = survey(20, area="a")
    with pytest.raises(InputError, match="'area' occurs 2 times"):
        analyze(PLAIN, Statistic("count"), by=["area", "area"], recipient=table)


def heaped_pair(donor_known):
    """Two areas whose median rent is one round number under every weight, in every implicate."""
    rng = np.random.default_rng(7)
    donor = pd.DataFrame({"size": rng.normal(size=300), "weight": rng.uniform(1, 3, 300)})
    donor["rent"] = np.where(rng.random(300) < 0.6, 500.0, rng.gamma(2.0, 300.0, 300))
    table = survey(400, size=rng.normal(size=400), area=np.tile(["a", "b"], 200))
    draws = donor["rent"].to_numpy()[rng.integers(0, 300, (400, 4))]
    draws[:, :] = np.where(rng.random((400, 1)) < 0.6, 500.0, draws)
    fused = Implicates({"rent": FusedVariable("rent", draws)})
    sample = DonorSample.build(donor, table, predictors=["size"], variables=["rent"])
    return table, fused, sample if donor_known else None


@pytest.mark.parametrize("donor_known", [True, False])
def test_a_comparison_knows_a_margin_where_the_estimates_have_one(donor_known):
    table, fused, sample = heaped_pair(donor_known)
    statistic = Statistic("median", "rent")
    given = {"recipient": table, "design": DESIGN, "donor": sample}
    apart = analyze(fused, statistic, by="area", **given)
    found = compare(fused, statistic, {"area": "a"}, {"area": "b"}, **given)
    assert [found.first_moe, found.second_moe] == pytest.approx(apart["moe"].tolist(), nan_ok=True)
    assert np.isfinite(found.moe) == np.isfinite(apart["moe"]).all()


@pytest.mark.parametrize("kind", ["median", "quantile"])
def test_a_heaped_quantile_does_not_say_that_all_answers_are_equal(kind):
    table = pd.DataFrame({"rent": np.repeat([400.0, 500.0, 600.0], [100, 800, 100])})
    probability = 0.5 if kind == "quantile" else None
    statistic = Statistic(kind, "rent", probability=probability)
    row = survey_estimates(table, None, statistic, weight=None).iloc[0]
    assert np.isnan(row["moe"])
    assert HEAPED in row["assumption"]
    assert SAME_ANSWER not in row["assumption"]


def test_a_margin_without_the_donors_part_is_incomplete_however_small():
    table, fused, sample = heaped_pair(donor_known=True)
    row = one(table, Statistic("gini", "rent"), implicates=fused, donor=sample)
    assert NO_DONOR in row["assumption"]
    assert row["cv"] < 0.4
    assert row["reliability"] == "incomplete"


def test_an_implicate_without_such_a_household_leaves_the_estimate_to_the_others():
    table = survey(30, area=["a"] * 29 + ["b"])
    x = np.random.default_rng(8).normal(50, 5, (30, 4))
    x[-1, 2] = np.nan
    fused = Implicates({"x": FusedVariable("x", x)})
    found = analyze(fused, Statistic("mean", "x"), by="area", recipient=table, design=DESIGN)
    alone = found[found["area"] == "b"].iloc[0]
    assert alone["estimate"] == pytest.approx(np.nanmean(x[-1]))
