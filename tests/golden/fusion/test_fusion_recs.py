"""Fused halves of RECS 2015 match the true half at least about as well as the R package's do.

Donor: odd rows; recipient: even rows, whose true values are known. The reference implicates are
fusionModel 2.4's with the paper's settings.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from fusion_core import Implicates, TrainSettings, fuse, train
from fusion_core.validation.internal.scores import coverage_by_row

NUMBERS = ("square_feet", "electricity", "natural_gas")
CLASSES = ("insulation", "aircon")
GROUPS = ("income", "race", "division")


@dataclass(frozen=True)
class Halves:
    """The RECS halves with their categorical types, and the R package's implicates."""

    predictors: list[str]
    fused: list[str]
    donor: pd.DataFrame
    recipient: pd.DataFrame
    truth: pd.DataFrame
    reference: Implicates


@pytest.fixture(scope="module")
def halves(shared_data: Path) -> Halves:
    folder = shared_data / "reference" / "fusionmodel"
    schema = json.loads((folder / "donor_recipient_schema.json").read_text(encoding="utf-8"))

    def read(name: str) -> pd.DataFrame:
        frame = pd.read_parquet(folder / f"{name}.parquet")
        for column in frame.columns.intersection(list(schema["donor"])):
            kind = schema["donor"][column]
            if kind["levels"] and frame[column].dtype != bool:
                ordered = kind["type"] == "ordinal"
                frame[column] = pd.Categorical(frame[column], kind["levels"], ordered=ordered)
        return frame

    return Halves(
        schema["predictors"],
        schema["fusion_vars"],
        read("donor"),
        read("recipient"),
        read("recipient_truth"),
        Implicates.from_long(read("fused_recipient_M40_paper"), implicate="M"),
    )


def crps(draws: np.ndarray, truth: np.ndarray) -> float:
    """Fair ensemble CRPS: mean|x−y| − Σ(2i−M−1)x₍ᵢ₎/(M(M−1))."""
    m = draws.shape[1]
    ranks = 2 * np.arange(1, m + 1) - m - 1
    spread = (np.sort(draws, axis=1) * ranks).sum(axis=1) / (m * (m - 1))
    return float((np.abs(draws - truth[:, None]).mean(axis=1) - spread).mean())


def brier(codes: np.ndarray, truth: np.ndarray, levels: int) -> float:
    """Brier score of the shares of the draws, corrected for their finite number."""
    m = codes.shape[1]
    shares = np.stack([(codes == level).mean(axis=1) for level in range(levels)], axis=1)
    squared = np.square(shares - np.eye(levels)[truth]).sum(axis=1)
    return float((squared - (shares * (1 - shares)).sum(axis=1) / (m - 1)).mean())


def scores(implicates: Implicates, halves: Halves) -> dict[str, float]:
    """CRPS of the numbers and Brier score of the classes; lower is better."""
    result = {
        name: crps(implicates[name].values.astype(float), halves.truth[name].to_numpy(float))
        for name in NUMBERS
    }
    for name in CLASSES:
        truth = halves.truth[name].cat
        result[name] = brier(implicates[name].values, truth.codes.to_numpy(), len(truth.categories))
    return result


def subgroup_error(implicates: Implicates, halves: Halves, group: str) -> float:
    """Median absolute relative error of the subgroup means of the numbers."""
    groups = halves.recipient[group].to_numpy()
    errors = [
        (
            pd.Series(implicates[name].values.mean(axis=1)).groupby(groups).mean()
            / halves.truth[name].groupby(groups).mean()
            - 1
        ).abs()
        for name in NUMBERS
    ]
    return float(np.median(np.concatenate(errors)))


def correlation_error(implicates: Implicates, halves: Halves) -> float:
    """Largest difference of the correlations among the numbers from the true ones."""
    found = np.mean(
        [implicates.frame(m)[list(NUMBERS)].corr().to_numpy() for m in range(implicates.count)],
        axis=0,
    )
    return float(np.abs(found - halves.truth[list(NUMBERS)].corr().to_numpy()).max())


def marginal_distance(implicates: Implicates, halves: Halves, name: str) -> float:
    """Kolmogorov–Smirnov distance of a number, total variation distance of a class."""
    if name in NUMBERS:
        draws = implicates[name].values.ravel()
        return float(ks_2samp(draws, halves.truth[name].to_numpy()).statistic)
    truth = halves.truth[name].cat
    shares = np.bincount(implicates[name].values.ravel(), minlength=len(truth.categories))
    true_shares = np.bincount(truth.codes, minlength=len(truth.categories))
    return float(np.abs(shares / shares.sum() - true_shares / true_shares.sum()).sum() / 2)


def assert_as_good_as_the_reference(
    implicates: Implicates, halves: Halves, *, scores_within: float, errors_within: float
) -> None:
    reference = scores(halves.reference, halves)
    for name, score in scores(implicates, halves).items():
        assert score <= reference[name] * (1 + scores_within), name
    for group in GROUPS:
        allowed = subgroup_error(halves.reference, halves, group) + errors_within
        assert subgroup_error(implicates, halves, group) <= allowed, group
    for name in (*NUMBERS, *CLASSES):
        allowed = marginal_distance(halves.reference, halves, name) + errors_within
        assert marginal_distance(implicates, halves, name) <= allowed, name
    allowed = correlation_error(halves.reference, halves) + errors_within
    assert correlation_error(implicates, halves) <= allowed


def test_the_scores_of_the_reference_are_the_published_ones(halves):
    reference = scores(halves.reference, halves)
    assert reference["square_feet"] == pytest.approx(470.5, abs=0.1)
    assert reference["electricity"] == pytest.approx(2543, abs=1)
    assert reference["natural_gas"] == pytest.approx(81.9, abs=0.1)
    assert reference["insulation"] == pytest.approx(0.590, abs=0.001)
    assert reference["aircon"] == pytest.approx(0.426, abs=0.001)
    assert correlation_error(halves.reference, halves) == pytest.approx(0.059, abs=0.001)
    assert [subgroup_error(halves.reference, halves, group) for group in GROUPS] == pytest.approx(
        [0.022, 0.037, 0.041], abs=0.001
    )


def test_types_are_the_ones_the_reference_found(halves):
    settings = TrainSettings.preset("quick").replace(maximum_trees=1)
    model = train(halves.donor, halves.fused, halves.predictors, settings=settings, seed=0)
    kinds = {variable.name: variable.kind for variable in model.fused_types}
    assert kinds == {
        "insulation": "ordered",
        "aircon": "nominal",
        "square_feet": "continuous",
        "electricity": "continuous",
        "natural_gas": "zero_inflated",
    }


def test_a_quick_fusion_comes_close_to_the_reference(halves):
    settings = TrainSettings.preset("quick")
    model = train(halves.donor, halves.fused, halves.predictors, settings=settings, seed=1)
    implicates = fuse(halves.recipient, model, implicates=10, seed=1)
    assert_as_good_as_the_reference(implicates, halves, scores_within=0.04, errors_within=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["paper", "production"])
def test_forty_implicates_match_the_true_half_as_well_as_the_reference(halves, preset):
    # The reference was trained with all 13 predictors.
    settings = TrainSettings.preset(preset).replace(screen_above=13 + 5, workers=2)
    model = train(halves.donor, halves.fused, halves.predictors, settings=settings, seed=1)
    implicates = fuse(halves.recipient, model, implicates=40, seed=1, threads=2)
    assert_as_good_as_the_reference(implicates, halves, scores_within=0.02, errors_within=0.012)
    if preset == "production":
        # The paper's settings vary too little: 74 % in the reference's numbers without zeros. The
        # aim is 78 to 82 %; the share of 2,843 households has a standard error of 0.75 points, of
        # which two are allowed for. Natural gas is highest: 81 to 83 % with four seeds of the draws.
        for name in NUMBERS:
            truth = halves.truth[name].to_numpy(float)
            assert 0.765 <= coverage_by_row(truth, implicates[name].values).mean() <= 0.835


@pytest.mark.slow
def test_a_block_keeps_its_shares_together_and_follows_the_predictors(shared_data):
    folder = shared_data / "reference" / "fusionmodel"
    recs = pd.read_parquet(folder / "recs.parquet")
    shares = ["heating_share", "cooling_share", "other_share"]
    predictors = ["income", "age", "hh_size", "division", "climate", "home_type", "heat_type"]
    donor, recipient = recs.iloc[::2], recs.iloc[1::2]
    settings = TrainSettings.preset("quick")
    model = train(
        donor, ["electricity", shares], predictors, weight="weight", settings=settings, seed=0
    )
    implicates = fuse(recipient, model, implicates=10, seed=1)
    sums = sum(implicates[name].values for name in shares)
    assert sums == pytest.approx(1.0, abs=0.002)
    by_division = recipient["division"].to_numpy()
    for name in shares:
        found = pd.Series(implicates[name].values.mean(axis=1)).groupby(by_division).mean()
        actual = recipient.groupby("division")[name].mean()
        assert np.abs(found - actual).max() < 0.05
        assert np.corrcoef(found, actual)[0, 1] > 0.95 or name == "other_share"
