import numpy as np
import pytest

from fusion_core.errors import InputError
from fusion_core.validation.internal.scores import (
    brier,
    brier_by_row,
    coverage_by_row,
    crps,
    crps_by_row,
    energy_by_row,
    energy_score,
    interval_coverage,
    log_by_row,
    log_score,
    marginal_brier,
    marginal_crps,
    marginal_log_score,
)


def test_crps_by_hand():
    truth = np.array([2.0])
    draws = np.array([[1.0, 4.0]])
    # mean |x − y| = 1.5; mean distance of two different draws = 3, halved 1.5.
    assert crps(truth, draws) == pytest.approx(0.0)
    assert crps(np.array([5.0]), draws) == pytest.approx(2.5 - 1.5)


def test_brier_by_hand():
    draws = np.array([[0, 0, 1, 1]])
    # p = (.5, .5): (.5 − 1)² + .5² minus 2·.25/3 for four draws.
    assert brier(np.array([0]), draws, 2) == pytest.approx(0.5 - 0.5 / 3)


@pytest.mark.parametrize("count", [2, 5, 40])
def test_fair_scores_do_not_depend_on_the_number_of_implicates(count):
    generator = np.random.default_rng(3)
    truth = generator.normal(size=20_000)
    draws = generator.normal(size=(20_000, count))
    # The expected CRPS of the true standard normal distribution is 1/√π.
    assert crps(truth, draws) == pytest.approx(1 / np.sqrt(np.pi), abs=0.02)
    codes = generator.integers(0, 2, 20_000)
    picks = generator.integers(0, 2, (20_000, count))
    assert brier(codes, picks, 2) == pytest.approx(0.5, abs=0.01)


def test_the_marginal_scores_are_those_of_draws_from_all_observed_values():
    generator = np.random.default_rng(4)
    truth = generator.gamma(2.0, size=3000)
    draws = truth[generator.integers(0, 3000, (3000, 200))]
    assert marginal_crps(truth) == pytest.approx(crps(truth, draws), rel=0.02)
    codes = generator.choice(3, 3000, p=[0.6, 0.3, 0.1])
    picks = codes[generator.integers(0, 3000, (3000, 200))]
    assert marginal_brier(codes, 3) == pytest.approx(brier(codes, picks, 3), rel=0.02)


def test_weights_count():
    truth, draws = np.array([0.0, 10.0]), np.array([[0.0, 0.0], [0.0, 0.0]])
    assert crps(truth, draws, np.array([3.0, 1.0])) == pytest.approx(2.5)
    assert marginal_crps(truth, np.array([1.0, 1.0])) == pytest.approx(2.5)


@pytest.mark.parametrize("count", [10, 40])
def test_intervals_of_true_draws_cover_as_often_as_they_say(count):
    generator = np.random.default_rng(5)
    truth, draws = generator.normal(size=20_000), generator.normal(size=(20_000, count))
    assert interval_coverage(truth, draws, level=0.8) == pytest.approx(0.8, abs=0.01)
    assert interval_coverage(truth, draws, level=0.8, fair=False) < 0.78


def test_the_energy_score_sees_dependence_that_single_scores_cannot():
    generator = np.random.default_rng(6)
    base = generator.normal(size=(2000, 1))
    truth = np.hstack([base, base + 0.1 * generator.normal(size=(2000, 1))])
    common = generator.normal(size=(2000, 20, 1))
    together = np.concatenate([common, common], axis=2)
    apart = generator.normal(size=(2000, 20, 2))
    assert energy_score(truth, together) < energy_score(truth, apart)
    assert crps(truth[:, 0], together[:, :, 0]) == pytest.approx(
        crps(truth[:, 0], apart[:, :, 0]), rel=0.1
    )


def test_one_implicate_has_no_score():
    with pytest.raises(InputError, match="at least two implicates"):
        crps(np.zeros(3), np.zeros((3, 1)))


def test_log_score_by_hand():
    draws = np.array([[0, 0, 1, 1]])
    # (2 + ½) / (4 + 1) for two levels.
    assert log_score(np.array([0]), draws, 2) == pytest.approx(-np.log(0.5))
    # A level no draw shows is unlikely, not impossible.
    assert log_score(np.array([2]), draws, 3) == pytest.approx(-np.log(0.5 / 5.5))


def test_the_log_score_of_the_truth_is_nearly_the_entropy():
    generator = np.random.default_rng(8)
    shares = [0.7, 0.2, 0.1]
    truth = generator.choice(3, 20_000, p=shares)
    draws = generator.choice(3, (20_000, 200), p=shares)
    entropy = marginal_log_score(truth, 3)
    assert entropy == pytest.approx(-np.sum(shares * np.log(shares)), abs=0.01)
    assert log_score(truth, draws, 3) == pytest.approx(entropy, abs=0.01)


def test_rows_average_to_the_score():
    generator = np.random.default_rng(10)
    weight = generator.uniform(1, 5, 50)
    truth, draws = generator.normal(size=50), generator.normal(size=(50, 7))
    rows = crps_by_row(truth, draws)
    assert np.average(rows, weights=weight) == pytest.approx(crps(truth, draws, weight))
    codes, picks = generator.integers(0, 3, 50), generator.integers(0, 3, (50, 7))
    rows = brier_by_row(codes, picks, 3)
    assert np.average(rows, weights=weight) == pytest.approx(brier(codes, picks, 3, weight))


def test_rows_of_the_log_and_energy_score_average_to_it():
    generator = np.random.default_rng(11)
    codes, picks = generator.integers(0, 3, 50), generator.integers(0, 3, (50, 7))
    assert log_by_row(codes, picks, 3).mean() == pytest.approx(log_score(codes, picks, 3))
    truth, draws = generator.normal(size=(50, 2)), generator.normal(size=(50, 7, 2))
    assert energy_by_row(truth, draws).mean() == pytest.approx(energy_score(truth, draws))


@pytest.mark.parametrize("level", [0.5, 0.8])
@pytest.mark.parametrize("count", [5, 40])
def test_coverage_by_rank_is_exact_with_and_without_ties(count, level):
    generator = np.random.default_rng(12)
    truth, draws = generator.normal(size=20_000), generator.normal(size=(20_000, count))
    assert coverage_by_row(truth, draws, level=level).mean() == pytest.approx(level, abs=0.01)
    # Nearly half are zero: an interval that counts its ends would hold too many.
    truth, draws = np.maximum(truth, 0), np.maximum(draws, 0)
    assert coverage_by_row(truth, draws, level=level).mean() == pytest.approx(level, abs=0.01)
    narrow = coverage_by_row(2 * truth, draws, level=level).mean()
    assert narrow < level - 0.05


def test_coverage_by_rank_by_hand():
    draws = np.array([[1.0, 2.0, 3.0, 4.0]])
    # Ranks are fifths: above all draws lies outside the central 60 %, between two inside.
    assert coverage_by_row(np.array([9.0]), draws, level=0.6) == pytest.approx([0.0])
    assert coverage_by_row(np.array([2.5]), draws, level=0.6) == pytest.approx([1.0])
    # Equal to the smallest draw: the lower two fifths, of which one is inside.
    assert coverage_by_row(np.array([1.0]), draws, level=0.6) == pytest.approx([0.5])
