import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import Cancelled, CorruptFileError, InputError
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.validation import (
    compare_external,
    read_validation,
    smooth_metrics,
    validate,
    write_validation,
)
from fusion_core.validation.internal.verdicts import percent_words, smallest_share, verdict
from fusion_core.validation.report.sentences import distribution_findings, donor_findings

ROWS = 1200


@pytest.fixture(scope="module")
def observed():
    generator = np.random.default_rng(9)
    size = generator.integers(1, 7, ROWS)
    region = generator.choice(["North", "South", "West"], ROWS)
    energy = size * 1000 + generator.gamma(2, 1500, ROWS) + 2000 * (region == "North")
    return pd.DataFrame(
        {
            "size": size,
            "region": pd.Categorical(region),
            "weight": generator.integers(10, 90, ROWS).astype(float),
            "energy": energy,
            "fuel": pd.Categorical(
                np.where(generator.uniform(size=ROWS) < 0.2 + 0.1 * size, "gas", "oil")
            ),
        }
    )


def draw(observed, count=8, seed=1):
    """Implicates from the true conditional distribution, given household size and region."""
    generator = np.random.default_rng(seed)
    size = observed["size"].to_numpy()[:, None]
    north = (observed["region"] == "North").to_numpy()[:, None]
    energy = size * 1000 + generator.gamma(2, 1500, (ROWS, count)) + 2000 * north
    fuel = (generator.uniform(size=(ROWS, count)) >= 0.2 + 0.1 * size).astype(np.int8)
    return Implicates(
        {
            "energy": FusedVariable("energy", energy),
            "fuel": FusedVariable("fuel", fuel, ("gas", "oil")),
        }
    )


def shuffled(implicates):
    """Implicates that know nothing of the household."""
    order = np.random.default_rng(2).permutation(ROWS)
    return Implicates(
        {
            name: FusedVariable(name, variable.values[order], variable.levels)
            for name, variable in implicates.variables.items()
        }
    )


@pytest.fixture(scope="module")
def validation(observed):
    return validate(observed, draw(observed), ["size", "region"], weight="weight")


def test_good_implicates_err_less_and_add_value(observed, validation):
    naive = validate(observed, shuffled(draw(observed)), ["size", "region"], weight="weight")
    good, bad = (v.summary.set_index("variable") for v in (validation, naive))
    for name in ("energy", "fuel"):
        assert good.loc[name, "absolute_percent_error"] < bad.loc[name, "absolute_percent_error"]
        assert good.loc[name, "value_added"] > bad.loc[name, "value_added"] + 0.2
        assert good.loc[name, "skill"] > 0.05 > bad.loc[name, "skill"]
    assert good.loc["energy", "coverage"] == pytest.approx(0.8, abs=0.05)


def test_perfect_implicates_have_no_error(observed):
    energy = np.repeat(observed["energy"].to_numpy()[:, None], 3, axis=1)
    perfect = Implicates({"energy": FusedVariable("energy", energy)})
    found = validate(observed, perfect, ["region"])
    assert found.metrics["absolute_percent_error"].max() < 1e-12
    np.testing.assert_allclose(found.metrics["uncertainty_ratio"], 1.0)
    np.testing.assert_allclose(found.metrics["value_added"], 1.0)
    assert found.distances["distance"].max() < 1e-12
    assert "under 5 % down to the smallest subsets tested" in found.verdicts[0]


def test_estimates_are_weighted_means_of_the_subset(observed, validation):
    row = validation.metrics[
        (validation.metrics["subset"] == "region: West")
        & (validation.metrics["variable"] == "energy")
    ].iloc[0]
    inside = observed["region"] == "West"
    mean = np.average(observed.loc[inside, "energy"], weights=observed.loc[inside, "weight"])
    assert row["observed"] == pytest.approx(mean)
    assert row["n"] == inside.sum()
    assert row["share"] == pytest.approx(
        observed.loc[inside, "weight"].sum() / observed["weight"].sum()
    )


TABLES = (
    "metrics",
    "curves",
    "summary",
    "marginals",
    "distances",
    "correlations",
    "scores",
    "coverage",
    "convergence",
    "reliability",
)


@pytest.mark.parametrize("each", [1.0, 7.0])
def test_a_donor_without_weights_counts_every_household_once(observed, each):
    implicates = draw(observed)
    without = validate(observed, implicates, ["size", "region"], weight=None)
    same = validate(observed.assign(weight=each), implicates, ["size", "region"], weight="weight")
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(without, name), getattr(same, name), rtol=1e-9)
    assert without.verdicts == same.verdicts
    whole = without.metrics[without.metrics["subset_variables"] == "region"]
    north = whole[(whole["variable"] == "energy") & whole["subset"].str.contains("North")].iloc[0]
    own = observed.loc[observed["region"] == "North", "energy"]
    assert north["observed"] == pytest.approx(own.mean())
    half = 1.6458 * own.std(ddof=1) / np.sqrt(len(own))  # t with some 400 degrees of freedom
    assert north["observed_moe"] == pytest.approx(half, rel=5e-3)


def test_every_level_of_a_category_is_compared(validation):
    levels = validation.metrics[validation.metrics["variable"] == "fuel"]
    sums = levels.groupby("subset")[["observed", "simulated"]].sum()
    np.testing.assert_allclose(sums, 1.0)


def test_curves_can_be_drawn_for_one_family_of_subsets(validation):
    family = validation.metrics[validation.metrics["subset_variables"] == "size"]
    curves = smooth_metrics(family)
    assert curves["share"].max() <= family["share"].max() + 1e-12
    assert set(curves["variable"]) == {"energy", "fuel"}


def test_distributions_are_compared(validation):
    shares = validation.marginals.groupby("variable")[["observed", "simulated"]].sum()
    np.testing.assert_allclose(shares, 1.0)
    fused = validation.correlations[validation.correlations["kind"] == "fused"]
    assert fused["measure"].tolist() == ["correlation"]
    assert fused["difference"].abs().max() < 0.1


def test_it_survives_the_disk(validation, tmp_path):
    write_validation(validation, tmp_path / "validation")
    again = read_validation(tmp_path / "validation")
    assert again.verdicts == validation.verdicts
    for name in ("metrics", "curves", "summary", "marginals", "correlations"):
        pd.testing.assert_frame_equal(
            getattr(again, name), getattr(validation, name), check_dtype=False
        )


def test_a_damaged_folder_says_so(validation, tmp_path):
    write_validation(validation, tmp_path)
    (tmp_path / "curves.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(CorruptFileError, match="missing or damaged"):
        read_validation(tmp_path)
    (tmp_path / "validation.json").write_text('{"format": 99}')
    with pytest.raises(CorruptFileError, match="another version"):
        read_validation(tmp_path)


def test_it_can_be_cancelled(observed):
    def stop(share, sentence):
        raise Cancelled(f"Cancelled at {share:.0%}: {sentence}")

    with pytest.raises(Cancelled):
        validate(observed, draw(observed), ["size"], progress=stop)


def test_wrong_input_is_named(observed):
    implicates = draw(observed)
    with pytest.raises(InputError, match="at least two implicates"):
        validate(observed, draw(observed, count=1), ["size"])
    with pytest.raises(InputError, match="1,199 rows and the implicates 1,200"):
        validate(observed.iloc[1:], implicates, ["size"])
    with pytest.raises(InputError, match="is a fused variable"):
        validate(observed, implicates, ["fuel"])
    with pytest.raises(InputError, match="no observed variable 'energy'"):
        validate(observed.drop(columns="energy"), implicates, ["size"])
    with pytest.raises(InputError, match="no weight column"):
        validate(observed, implicates, ["size"], weight="wgt")
    with pytest.raises(InputError, match="'energy' has no observed value"):
        validate(observed.assign(energy=np.nan), implicates, ["size"])
    with pytest.raises(InputError, match="never fused: 'wood'"):
        validate(observed.assign(fuel="wood"), implicates, ["size"])


def curves_of(errors, added=0.8):
    shares = np.linspace(0.01, 0.5, len(errors))
    parts = [
        pd.DataFrame({"variable": "elec", "metric": metric, "share": shares, "value": values})
        for metric, values in (
            ("absolute_percent_error", errors),
            ("value_added", np.full(len(errors), added)),
        )
    ]
    return pd.concat(parts)


def test_verdicts_in_plain_words():
    assert verdict("elec", curves_of([0.04, 0.03, 0.02])) == (
        "elec: typical error under 5 % down to the smallest subsets tested (1.0 % of households)"
    )
    falling = verdict("elec", curves_of([0.4, 0.2, 0.08, 0.04, 0.03]))
    assert falling.startswith("elec: typical error under 5 % down to subsets of 38 % of households")
    assert falling.endswith("do not use for subsets below 13 % of households")
    assert "do not use for subsets" in verdict("elec", curves_of([0.9, 0.8, 0.5]))
    assert "add little to the overall figure" in verdict("elec", curves_of([0.04] * 3, added=0.1))


def test_verdicts_at_the_ends_of_what_was_tested():
    tiny = curves_of([0.4, 0.04, 0.03]).assign(share=lambda frame: frame["share"] / 1000)
    assert "do not use for subsets below 0.3 % of households" in verdict(
        "elec", tiny.assign(share=tiny["share"] * 10 + 0.0004)
    )
    assert "0.0 %" not in verdict("elec", tiny)
    assert "down to subsets of 0.03 % of households" in verdict("elec", tiny)
    assert verdict("elec", curves_of([0.3, 0.9, 2.5])) == (
        "elec: do not use for subsets: typical error above 25 % in those of every size"
    )
    assert verdict("elec", curves_of([np.nan] * 3)) == (
        "elec: no subset could be compared, so nothing is known of its errors"
    )
    gappy = verdict("elec", curves_of([np.nan, 0.04, 0.03]))
    assert gappy.startswith("elec: typical error under 5 % down to the smallest subsets tested")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0 %"),
        (0.000_000_1, "less than 0.001 %"),
        (0.000_3, "0.03 %"),
        (0.001_2, "0.1 %"),
        (0.015, "1.5 %"),
        (0.4, "40 %"),
        (1.0, "100 %"),
        (2.5, "250 %"),
    ],
)
def test_a_share_above_nothing_is_never_written_as_nothing(share, words):
    assert percent_words(share) == words


def test_a_variable_is_compared_among_those_who_answered_it(observed):
    answered = np.random.default_rng(4).random(ROWS) < 0.7
    gappy = observed.assign(energy=observed["energy"].where(answered))
    found = validate(gappy, draw(observed), ["size", "region"], weight="weight")
    whole = validate(observed, draw(observed), ["size", "region"], weight="weight")
    fuel = found.metrics["variable"] == "fuel"
    pd.testing.assert_frame_equal(
        found.metrics[fuel].reset_index(drop=True),
        whole.metrics[whole.metrics["variable"] == "fuel"].reset_index(drop=True),
    )
    donors = found.donors.set_index("variable")
    assert donors.loc["energy", "households"] == answered.sum()
    assert donors.loc["energy", "unanswered"] == (~answered).sum()
    assert donors.loc["energy", "share"] == pytest.approx(
        observed["weight"][answered].sum() / observed["weight"].sum()
    )
    assert donors.loc["fuel", "unanswered"] == 0
    mean = np.average(observed["energy"][answered], weights=observed["weight"][answered])
    assert found.distances.set_index("variable").loc["energy", "mean_observed"] == (
        pytest.approx(mean)
    )
    assert list(found.summary["variable"]) == ["energy", "fuel"]
    [only] = donor_findings(found)
    assert f"{answered.sum():,} donor households that answered it" in only.text
    assert donor_findings(whole) == []


def test_the_standard_error_of_the_observed_mean_is_that_of_a_weighted_mean(observed):
    found = validate(observed, draw(observed), ["region"], weight="weight")
    error = found.distances.set_index("variable").loc["energy", "mean_error"]
    weight, values = observed["weight"].to_numpy(), observed["energy"].to_numpy()
    residual = weight * (values - np.average(values, weights=weight))
    expected = np.sqrt(ROWS / (ROWS - 1) * (residual**2).sum()) / weight.sum()
    assert error == pytest.approx(expected)


def test_a_mean_beyond_the_donors_own_margin_does_not_match(observed):
    near = draw(observed)
    energy = near["energy"].values
    mean = np.average(energy.mean(axis=1), weights=observed["weight"])
    truth = np.average(observed["energy"], weights=observed["weight"])
    found = validate(observed, near, ["region"], weight="weight")
    margin = 1.645 * found.distances.set_index("variable").loc["energy", "mean_error"]
    for shift, words in ((0.0, "matches"), (1.5 * margin, "is near")):
        values = energy + (truth - mean + shift)
        moved = Implicates({"energy": FusedVariable("energy", values)})
        [said] = distribution_findings(validate(observed, moved, ["region"], weight="weight"))
        assert said.text.startswith(f"energy {words} the observed distribution")


def test_the_smallest_share_that_stays_within_a_limit():
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    assert smallest_share(shares, np.array([0.2, 0.04, 0.2, 0.01]), 0.05) == 0.4
    assert smallest_share(shares, np.array([0.01, 0.01, 0.01, 0.2]), 0.05) is None
    assert smallest_share(shares, np.array([0.01] * 4), 0.05) == 0.1


def test_external_comparison():
    estimates = pd.DataFrame(
        {"puma": ["01", "02", "03", "09"], "estimate": [10.0, 20.0, 33.0, 5.0], "moe": 2.0}
    )
    table = pd.DataFrame({"area": ["01", "02", "03", "08"], "value": [11.0, 20.0, 30.0, 7.0]})
    found = compare_external(estimates, table, table_area="area")
    assert found.rank_correlation == pytest.approx(1.0)
    assert found.ratio_of_totals == pytest.approx(63 / 61)
    assert found.share_within_moe == pytest.approx(2 / 3)
    assert found.median_absolute_percent_error == pytest.approx(1 / 11)
    assert found.only_estimated == ("09",)
    assert found.only_external == ("08",)
    assert found.points["area"].tolist() == ["01", "02", "03"]


def test_external_tables_must_fit():
    estimates = pd.DataFrame({"puma": ["01", "02", "03"], "estimate": 1.0, "moe": 1.0})
    with pytest.raises(InputError, match="Fewer than three areas are in both tables: 0"):
        compare_external(estimates, pd.DataFrame({"puma": ["1", "2", "3"], "value": 1.0}))
    with pytest.raises(InputError, match="more than once"):
        compare_external(estimates, pd.DataFrame({"puma": ["01", "01"], "value": 1.0}))
    with pytest.raises(InputError, match="no column 'value'"):
        compare_external(estimates, pd.DataFrame({"puma": ["01"], "values": 1.0}))
