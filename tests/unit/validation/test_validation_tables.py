"""Dependence, calibration, convergence and distances by hand and by simulation, and what they say."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.validation import validate
from fusion_core.validation.internal._samples import WeightedSample, distances
from fusion_core.validation.internal.calibration import coverage_table, transform_bounds
from fusion_core.validation.internal.dependence import compare_dependence
from fusion_core.validation.internal.distributions import (
    compare_marginals,
    summarize_distributions,
)
from fusion_core.validation.report.sentences import (
    all_findings,
    calibration_findings,
    convergence_finding,
    dependence_finding,
    distribution_findings,
    out_of_fold_findings,
    skill_findings,
)

ROWS = 4000


def sample(*values, weight=None):
    numbers = np.array(values, dtype=float)
    return WeightedSample.of(numbers, np.ones(len(numbers)) if weight is None else weight)


def test_distances_by_hand():
    assert distances(sample(1, 2), sample(2, 3))[0] == pytest.approx(0.5)
    assert distances(sample(1, 2), sample(2, 3))[1] == pytest.approx(1.0)
    assert distances(sample(0, 10), sample(0, 0))[1] == pytest.approx(5.0)
    heavy = sample(0, 10, weight=np.array([3.0, 1.0]))
    assert distances(heavy, sample(0, 0))[1] == pytest.approx(2.5)


def test_quantiles_and_moments_are_weighted():
    found = sample(1, 2, 3, weight=np.array([1.0, 1.0, 8.0]))
    assert (found.quantile(0.1), found.quantile(0.2), found.quantile(0.5)) == (1, 2, 3)
    assert found.mean == pytest.approx(2.7)
    assert found.deviation == pytest.approx(np.sqrt((1.7**2 + 0.7**2 + 8 * 0.3**2) / 10))


def test_several_draws_of_a_row_share_its_weight():
    one = WeightedSample.of(np.array([[1.0, 3.0], [5.0, 5.0]]), np.array([2.0, 1.0]))
    np.testing.assert_allclose(
        one.share_up_to(np.array([0.0, 1.0, 4.0, 5.0])), [0, 1 / 3, 2 / 3, 1]
    )


def frame(generator):
    """A number, an ordered and a nominal variable that depend on one another."""
    base = generator.normal(size=ROWS)
    size = pd.Series(pd.cut(base, 4, labels=["S", "M", "L", "XL"]))
    fuel = pd.Categorical(np.select([base < -0.5, base < 0.5], ["oil", "gas"], "wood"))
    return pd.DataFrame({"use": base + generator.normal(size=ROWS), "size": size, "fuel": fuel})


def copies(table, count=2, order=None):
    """Implicates equal to the observed values, or to those of other rows."""
    picked = table if order is None else table.iloc[order].reset_index(drop=True)
    variables = {}
    for name in table:
        column = picked[name]
        if name == "use":
            values = np.repeat(column.to_numpy()[:, None], count, axis=1)
            variables[name] = FusedVariable(name, values)
        else:
            codes = np.repeat(column.cat.codes.to_numpy()[:, None], count, axis=1)
            levels = tuple(column.cat.categories)
            variables[name] = FusedVariable(name, codes, levels, bool(column.cat.ordered))
    return Implicates(variables)


def test_every_kind_of_pair_has_its_measure_and_copies_keep_it():
    table = frame(np.random.default_rng(1))
    found = compare_dependence(table, copies(table), np.ones(ROWS)).set_index(["first", "second"])
    assert found["measure"].to_dict() == {
        ("use", "size"): "correlation",
        ("use", "fuel"): "correlation ratio",
        ("size", "fuel"): "correlation ratio",
    }
    np.testing.assert_allclose(found["difference"], 0, atol=1e-12)
    codes = table["size"].cat.codes
    assert found["observed"]["use", "size"] == pytest.approx(np.corrcoef(table["use"], codes)[0, 1])
    groups = table.groupby("fuel", observed=True)["use"]
    between = (groups.size() * (groups.mean() - table["use"].mean()) ** 2).sum() / ROWS
    expected = np.sqrt(between / table["use"].var(ddof=0))
    assert found["observed"]["use", "fuel"] == pytest.approx(expected)


def test_two_nominal_variables_have_cramers_v():
    generator = np.random.default_rng(2)
    first = pd.Categorical(generator.choice(list("abc"), ROWS))
    table = pd.DataFrame({"fuel": first, "other": pd.Categorical(first)})
    implicates = copies(table.drop(columns="other"))
    found = compare_dependence(table, implicates, np.ones(ROWS), ["other"])
    assert found["measure"].tolist() == ["Cramér's V"]
    assert found["observed"][0] == pytest.approx(1.0)
    assert found["kind"].tolist() == ["predictor"]


def test_shuffled_draws_lose_dependence_with_a_predictor():
    generator = np.random.default_rng(3)
    table = frame(generator)
    drawn = copies(table[["use"]], order=generator.permutation(ROWS))
    found = compare_dependence(table, drawn, np.ones(ROWS), ["size", "fuel"])
    assert (found["observed"] > 0.5).all()
    assert (found["simulated"].abs() < 0.05).all()


def calibrated(generator, count, zeros=0.0):
    scale = generator.uniform(1, 3, ROWS)
    truth = scale * generator.normal(size=ROWS)
    draws = scale[:, None] * generator.normal(size=(ROWS, count))
    truth[generator.uniform(size=ROWS) < zeros] = 0.0
    draws[generator.uniform(size=draws.shape) < zeros] = 0.0
    return pd.DataFrame({"use": truth}), Implicates({"use": FusedVariable("use", draws)})


@pytest.mark.parametrize("count", [2, 5, 10, 40])
@pytest.mark.parametrize("zeros", [0.0, 0.6])
def test_ranges_of_true_draws_hold_what_they_say_whatever_m_and_ties(count, zeros):
    observed, implicates = calibrated(np.random.default_rng(4), count, zeros)
    found = coverage_table(observed, implicates, np.ones(ROWS))
    np.testing.assert_allclose(found["held"], found["level"], atol=0.03)
    np.testing.assert_allclose(found[["held", "below", "above"]].sum(axis=1), 1.0)
    if not zeros:
        few = found["level"] > 1 - 2 / (count + 1) + 1e-9
        assert found["width"].isna().tolist() == few.tolist()


def test_too_sure_draws_hold_less_and_are_narrower():
    observed, implicates = calibrated(np.random.default_rng(5), 40)
    narrow = Implicates({"use": FusedVariable("use", implicates["use"].values * 0.5)})
    honest, sure = (coverage_table(observed, item, np.ones(ROWS)) for item in (implicates, narrow))
    assert (sure["held"] < honest["held"] - 0.1).all()
    np.testing.assert_allclose(sure["width"], honest["width"] / 2, rtol=1e-9)


def test_the_place_of_the_truth_among_its_draws_by_hand():
    low, high = transform_bounds(np.array([2.0, 9.0]), np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(low, [1 / 4, 3 / 4])
    np.testing.assert_allclose(high, [3 / 4, 1.0])


@pytest.fixture(scope="module")
def study():
    """One good variable, one drawn blindly, and one whose draws are too sure."""
    generator = np.random.default_rng(6)
    group = generator.integers(0, 5, ROWS)
    spread = generator.normal(size=(ROWS, 21))
    truth = group + spread[:, 0]
    observed = pd.DataFrame({"group": group, "good": truth, "blind": truth, "sure": truth})
    good = group[:, None] + spread[:, 1:]
    blind = np.stack([generator.permutation(draws) for draws in good.T], axis=1)
    draws = {
        "good": good,
        "blind": blind,
        "sure": group[:, None] + 0.3 * spread[:, 1:],
    }
    implicates = Implicates({name: FusedVariable(name, item) for name, item in draws.items()})
    return validate(observed, implicates, ["group"], weight=None)


def test_sentences_tell_good_from_bad(study):
    tones = {item.variable: item.tone for item in skill_findings(study)}
    assert tones == {"good": "good", "blind": "poor", "sure": "good"}
    tones = {item.variable: item.tone for item in calibration_findings(study)}
    assert tones == {"good": "good", "blind": "good", "sure": "poor"}
    assert "over-confident" in calibration_findings(study)[2].text
    tones = {item.variable: item.tone for item in distribution_findings(study)}
    assert tones["good"] == tones["blind"] == "good"
    lost = dependence_finding(study, "blind")
    assert lost.tone == "poor"
    assert "blind – group (correlation" in lost.text


def test_more_implicates_leave_less_noise(study):
    table = study.convergence[study.convergence["variable"] == "good"]
    assert table["implicates"].tolist() == [2, 3, 5, 10, 20]
    noise = table["noise"].to_numpy()
    np.testing.assert_allclose(noise, noise[-1] * np.sqrt(20 / table["implicates"]))
    assert table["margin"].iloc[-1] == pytest.approx(1.0)
    assert "20 implicates are" in convergence_finding(study).text


def test_noise_is_how_far_a_redraw_moves_an_estimate():
    """Drawn again many times, a subset estimate scatters as the table says."""
    generator = np.random.default_rng(7)
    group = np.arange(600) % 5
    observed = pd.DataFrame({"group": group, "use": group + generator.normal(size=600)})

    def subset_means(number):
        own = np.random.default_rng(100 + number)
        draws = group[:, None] + own.normal(size=(600, 20))
        found = validate(
            observed, Implicates({"use": FusedVariable("use", draws)}), ["group"], weight=None
        )
        return found.metrics["simulated"], found

    repeated = [subset_means(number) for number in range(40)]
    scatter = np.std([mean for mean, _ in repeated], axis=0, ddof=1)
    margin = np.mean([found.metrics["simulated_moe"] for _, found in repeated], axis=0)
    said = np.mean([found.convergence["noise"].iloc[-1] for _, found in repeated])
    assert said == pytest.approx(np.median(1.645 * scatter / margin), rel=0.25)


def test_what_is_lost_out_of_fold_is_said(study):
    worse = study.summary.assign(skill=study.summary["skill"] - 0.1)
    outside = dataclasses.replace(study, summary=worse)
    found = {item.variable: item for item in out_of_fold_findings(study, outside)}
    assert found["good"].tone == "fair"
    assert "somewhat too favourable" in found["good"].text
    assert {item.tone for item in out_of_fold_findings(study, study)} == {"good"}
    headings = all_findings(study, outside, ["good"])
    assert next(iter(headings)) == "Unseen households"
    assert all(item.variable in {"", "good"} for items in headings.values() for item in items)


def test_a_constant_variable_is_no_obstacle():
    observed = pd.DataFrame({"group": np.arange(100) % 2, "use": 5.0})
    implicates = Implicates({"use": FusedVariable("use", np.full((100, 3), 5.0))})
    found = validate(observed, implicates, ["group"], weight=None)
    assert found.distances["distance"].max() == 0
    assert summarize_distributions(observed, implicates, np.ones(100))["wasserstein"].max() == 0
    assert "same answer" in skill_findings(found)[0].text


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-15, 1.0, 1e15, 1e300])
def test_bins_rise_and_hold_everybody_however_small_or_large_the_numbers(scale):
    numbers = np.arange(-40.0, 60.0) * scale
    drawn = Implicates({"kwh": FusedVariable("kwh", numbers[:, None])})
    table = compare_marginals(pd.DataFrame({"kwh": numbers}), drawn, np.ones(len(numbers)))
    assert (table["upper"] > table["lower"]).all()
    assert table["observed"].sum() == pytest.approx(1.0)
    assert (table["observed"] == table["simulated"]).all()
