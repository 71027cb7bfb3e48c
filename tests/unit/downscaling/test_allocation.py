"""Households allocated to block groups: published counts met, as evenly as they allow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_county import county

from fusion_core.downscaling import PublishedCounts, allocate, allocation_problem
from fusion_core.errors import InputError

NAMES = ["households", "owner", "persons", "large"]


def problem(seed=1, **changes):
    everyone, sampled, tracts, blocks = county(seed)
    weights = np.full(len(sampled), len(everyone) / len(sampled))
    return allocation_problem(sampled[NAMES], weights, [tracts, blocks], **changes)


def test_published_counts_are_met_within_their_margins():
    assert allocate(problem()).inside > 0.95


def test_the_households_of_the_puma_are_all_there():
    asked = problem()
    found = allocate(asked)
    assert found.weights.sum() == pytest.approx(asked.weights.sum())
    assert (found.weights >= 0).all()


def brute_force(asked):
    """The same optimum from the primal: all weights free, by a general solver."""
    from scipy.optimize import minimize

    n, areas = len(asked.weights), len(asked.areas)
    total = asked.weights.sum()
    prior = np.repeat(asked.weights[:, None] / areas, areas, axis=1)
    precision = np.linalg.inv(asked.covariance)

    def objective(logs):
        w = prior * np.exp(logs.reshape(n, areas))
        w *= total / w.sum()
        off = (w.T @ asked.characteristics - asked.expected).T
        entropy = (w * np.log(w / prior)).sum() * n / total
        penalty = 0.5 * np.einsum("kb,kbc,kc->", off, precision, off)
        slope = np.log(w / prior) * n / total
        slope = slope + np.einsum("ik,kbc,kc->ib", asked.characteristics, precision, off)
        slope = w * (slope - (w * slope).sum() / total)
        return entropy + penalty, slope.ravel()

    found = minimize(
        objective, np.zeros(n * areas), jac=True, method="L-BFGS-B", options={"maxiter": 5000}
    )
    w = prior * np.exp(found.x.reshape(n, areas))
    return w * total / w.sum()


def test_the_weights_are_those_a_general_solver_of_the_primal_finds():
    everyone, sampled, tracts, blocks = county(3, tracts=2, groups=2, sample=0.02)
    weights = np.full(len(sampled), len(everyone) / len(sampled))
    asked = allocation_problem(sampled[NAMES], weights, [tracts, blocks], total=False)
    fine = allocate(asked, tolerance=1e-7)
    slow = brute_force(asked)
    assert fine.counts == pytest.approx(slow.T @ asked.characteristics, rel=2e-3)
    assert np.abs(fine.weights - slow).max() < 0.02 * slow.max()


@given(seed=st.integers(0, 50))
def test_every_start_leads_to_the_same_allocation(seed):
    asked = problem()
    begin = np.random.default_rng(seed).normal(0, 0.1, (len(asked.areas), len(asked.names)))
    assert allocate(asked, start=begin).counts == pytest.approx(allocate(asked).counts, rel=1e-3)


def test_a_count_nobody_published_constrains_nothing():
    everyone, sampled, tracts, blocks = county()
    blocks.counts[:, 3] = np.nan
    weights = np.full(len(sampled), len(everyone) / len(sampled))
    asked = allocation_problem(sampled[NAMES], weights, [tracts, blocks])
    rest = allocation_problem(
        sampled[NAMES[:3]],
        weights,
        [tracts.select(tuple(NAMES[:3])), blocks.select(tuple(NAMES[:3]))],
    )
    tracts.counts[:, 3] = np.nan
    free = allocation_problem(sampled[NAMES], weights, [tracts, blocks])
    assert allocate(free).weights == pytest.approx(allocate(rest).weights, rel=1e-2, abs=1e-3)
    assert allocate(asked).counts[:, 3] != pytest.approx(allocate(rest).counts[:, 2])


def test_a_constraint_no_household_meets_is_left_out_and_told():
    everyone, sampled, tracts, blocks = county()
    weights = np.full(len(sampled), len(everyone) / len(sampled))
    asked = allocation_problem(sampled[NAMES].assign(large=0.0), weights, [tracts, blocks])
    assert "large" not in asked.names
    assert "No household counts for 'large'" in asked.notes[0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"counts": -1.0}, "The count of 'owner' is negative"),
        ({"errors": np.nan}, "The count of 'owner' has no margin of error"),
    ],
)
def test_bad_tables_are_refused_in_a_sentence_that_names_the_area(change, sentence):
    _, _, _, blocks = county()
    parts = {"counts": blocks.counts.copy(), "errors": blocks.errors.copy()}
    for part, value in change.items():
        parts[part][2, 1] = value
    with pytest.raises(InputError, match=sentence) as caught:
        PublishedCounts(blocks.areas, blocks.names, **parts)
    assert caught.value.where == f"area {blocks.areas[2]}"


def test_tables_of_another_place_are_refused():
    everyone, sampled, tracts, blocks = county()
    elsewhere = PublishedCounts(
        tuple("88" + area[2:] for area in tracts.areas), tracts.names, tracts.counts, tracts.errors
    )
    weights = np.full(len(sampled), len(everyone) / len(sampled))
    with pytest.raises(InputError, match="has no part among the finest areas"):
        allocation_problem(sampled[NAMES], weights, [elsewhere, blocks])


def test_a_characteristic_that_was_not_given_is_named():
    everyone, sampled, tracts, blocks = county()
    weights = np.full(len(sampled), len(everyone) / len(sampled))
    with pytest.raises(InputError, match="no characteristic 'large'"):
        allocation_problem(sampled[NAMES[:3]], weights, [tracts, blocks])


def test_the_comparison_has_one_row_per_published_count():
    found = allocate(problem())
    table = found.frame()
    assert len(table) == len(found.problem.areas) * len(NAMES)
    assert table["inside"].mean() == pytest.approx(found.inside)
    assert isinstance(table, pd.DataFrame)


def test_a_published_problem_is_solved_as_well_as_by_the_literature_s_software(shared_data):
    folder = shared_data / "public" / "pmedm_knox_2019"

    def read(name):
        return pd.read_parquet(folder / f"{name}_4701601.parquet")

    def of(level):
        return PublishedCounts.of(
            read(f"cg{level}").set_index("GEOID").astype(float),
            read(f"sg{level}").set_index("GEOID").astype(float),
        )

    asked = allocation_problem(
        read("cind").set_index("SERIALNO").astype(float),
        read("wt")["wt"].to_numpy(float),
        [of(1), of(2)],
    )
    assert allocate(asked).inside >= 0.9996
