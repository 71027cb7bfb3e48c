"""Published counts and microdata drawn again, and tables held out."""

import numpy as np
import pytest
from made_up_county import county

from fusion_core.downscaling import (
    AreaEffects,
    allocate,
    allocation_problem,
    hold_out,
    redraw,
)
from fusion_core.downscaling.solving import truth_of
from fusion_core.errors import InputError

NAMES = ["households", "owner", "persons", "large"]


@pytest.fixture(scope="module")
def solved():
    everyone, sampled, tracts, blocks = county()
    weights = np.full(len(sampled), len(everyone) / len(sampled))
    return allocate(allocation_problem(sampled[NAMES], weights, [tracts, blocks]))


@pytest.fixture(scope="module")
def drawn(solved):
    return [draw.allocation.counts for draw in redraw(solved, 60, np.random.default_rng(1))]


def test_draws_are_centred_on_the_allocation(solved, drawn):
    spread = np.std(drawn, axis=0)
    assert np.abs(np.mean(drawn, axis=0) - solved.counts).max() < 0.6 * spread.max()


def test_counts_of_the_same_households_err_together(drawn):
    households, persons = (np.array([draw[:, name] for draw in drawn]) for name in (0, 2))
    together = [np.corrcoef(households[:, area], persons[:, area])[0, 1] for area in range(9)]
    assert np.mean(together) > 0.4


def test_draws_spread_about_as_much_as_published_errors_say(solved, drawn):
    ratio = np.std(drawn, axis=0)[:, 1] / solved.problem.finest.errors[:, 1]
    assert 0.4 < np.median(ratio) < 1.1


def test_a_share_of_shared_households_must_be_a_share(solved):
    with pytest.raises(InputError, match="between 0 and 1"):
        next(redraw(solved, 1, np.random.default_rng(1), shared=1.5))


def test_a_table_held_out_is_compared_with_what_is_published(solved):
    score = hold_out(solved.problem, ["owner"], start=solved.multipliers)
    told = solved.frame().query("name == 'owner'")
    off = (told["allocated"] - told["count"]) / told["standard_error"]
    assert score.error > np.sqrt((off**2).mean())
    assert -1 < score.unexplained < 1


def test_what_nothing_tells_apart_shows_as_unexplained(solved):
    # Owners differ much between these block groups, and size and persons hardly tell them.
    assert hold_out(solved.problem, ["owner"]).unexplained > 0.05
    assert hold_out(solved.problem, ["persons"]).unexplained < 0.05


def test_holding_out_everything_is_refused(solved):
    with pytest.raises(InputError, match="Every constraint is held out"):
        hold_out(solved.problem, solved.problem.names)


@pytest.mark.parametrize("unseen", [0.002, 0.01])
def test_possible_truths_of_few_areas_differ_as_much_as_areas_do(unseen):
    rng = np.random.default_rng(3)
    weights = rng.uniform(0.5, 1.5, (300, 6))
    base = weights / weights.sum(axis=0)
    effects = AreaEffects(0.0, unseen)
    moved = []
    for seed in range(20):
        truth = truth_of(weights, np.ones((300, 1)), effects, seed)
        assert truth.sum(axis=1) == pytest.approx(weights.sum(axis=1), rel=0.05)
        moved.append((((truth / truth.sum(axis=0)) - base) ** 2).sum(axis=0))
    assert np.mean(moved) == pytest.approx(unseen, rel=0.15)
