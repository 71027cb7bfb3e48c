"""Groups ranked from their joint error."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic, analyze, rank, survey_estimates
from fusion_core.estimates.api import estimate_side, ranks_of
from fusion_core.estimates.api.ranking import joint_error
from fusion_core.estimates.statistics import build_targets, group_rows, weight_matrix
from fusion_core.estimates.variance import DonorSample
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

DESIGN = WeightDesign.successive_difference(40)
USE = Statistic("mean", "use")
AREAS = ("a", "b", "c", "d")


def recipient_table(rows: int = 800) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    weight = rng.uniform(10, 20, rows)
    table = pd.DataFrame(
        {
            "area": np.repeat(AREAS, rows // len(AREAS)),
            "size": rng.integers(1, 6, rows).astype(float),
            "weight": weight,
        }
    )
    replicates = weight[:, None] * (1 + 0.3 * rng.standard_normal((rows, 40)))
    return pd.concat([table, pd.DataFrame(replicates, columns=DESIGN.columns)], axis=1)


def implicates_of(table: pd.DataFrame) -> Implicates:
    rng = np.random.default_rng(2)
    level = table["area"].map({"a": 300.0, "b": 200.0, "c": 199.0, "d": 0.0}).to_numpy()
    use = (
        level[:, None] + 20 * table["size"].to_numpy()[:, None] + rng.normal(0, 60, (len(table), 6))
    )
    return Implicates({"use": FusedVariable("use", use)})


def donor_of(table: pd.DataFrame) -> DonorSample:
    rng = np.random.default_rng(3)
    donor = pd.DataFrame({"size": rng.integers(1, 6, 500).astype(float), "weight": 1.0})
    donor["use"] = 175.0 + 20 * donor["size"] + rng.normal(0, 60, 500)
    return DonorSample.build(donor, table, predictors=("size",), variables=("use",))


def side_of(table, *, donor=None, design=DESIGN):
    implicates = implicates_of(table)
    groups, _ = group_rows(table, ["area"])
    [item] = build_targets([USE], implicates, table, len(table))
    weights = weight_matrix(table, len(table), design=design)
    return estimate_side(item, groups, weights, donor=donor)


@pytest.mark.parametrize("donor", [False, True])
@pytest.mark.parametrize("design", [DESIGN, None], ids=["replicates", "linearized"])
def test_each_areas_variance_is_that_of_its_margin(donor, design):
    table = recipient_table()
    side = side_of(table, donor=donor_of(table) if donor else None, design=design)
    error = joint_error(side)
    told = (error.shared**2).sum(axis=1) + error.own
    for moved, gap in error.donors:
        told = told + np.maximum((moved**2).sum(axis=1), gap**2)
    np.testing.assert_allclose(told, side.found.pooled.total, rtol=1e-8)


def test_the_variance_of_differences_is_that_of_comparisons():
    """Without a donor's bias, pair for pair what `compare` finds."""
    from fusion_core.estimates.api import contrast_frame

    table = recipient_table()
    side = side_of(table)
    [(_, _, variance)] = joint_error(side).blocks()
    one, other = side.groups.pick(np.array([1, 1])), side.groups.pick(np.array([0, 2]))
    sides = [estimate_side(side.item, groups, side.weights) for groups in (one, other)]
    found = contrast_frame(sides[0], sides[1])["standard_error"].to_numpy()
    np.testing.assert_allclose(found, np.sqrt(variance[1, [0, 2]]), rtol=1e-6)


def test_areas_apart_have_one_rank_and_areas_alike_share_theirs():
    table = recipient_table()
    found = rank(implicates_of(table), USE, "area", recipient=table, design=DESIGN, top=1)
    assert found["area"].tolist()[0] == "a"
    assert found["area"].tolist()[-1] == "d"
    assert found["best_rank"].tolist() == [1, 2, 2, 4]
    assert found["worst_rank"].tolist() == [1, 3, 3, 4]
    assert found["surely_among"].tolist() == [True, False, False, False]
    assert found["may_lead"].tolist() == [True, False, False, False]


def test_the_lowest_come_first_when_asked_for():
    table = recipient_table()
    implicates = implicates_of(table)
    found = rank(implicates, USE, "area", recipient=table, design=DESIGN, lowest=True)
    assert found["area"].tolist()[0] == "d"
    assert found["rank"].tolist() == [1, 2, 3, 4]


def test_estimates_and_margins_are_those_of_analyze():
    table = recipient_table()
    implicates = implicates_of(table)
    own = analyze(implicates, USE, by="area", recipient=table, design=DESIGN).set_index("area")
    found = rank(implicates, USE, "area", recipient=table, design=DESIGN).set_index("area")
    pd.testing.assert_frame_equal(found.loc[own.index, own.columns], own)


def test_a_surveys_own_variable_is_ranked_too():
    table = recipient_table()
    found = rank(None, Statistic("mean", "size"), "area", recipient=table, design=DESIGN)
    own = survey_estimates(table, DESIGN, Statistic("mean", "size"), by="area")
    assert sorted(found["estimate"]) == pytest.approx(sorted(own["estimate"]))


def test_groups_of_a_fused_variable_are_refused():
    table = recipient_table()
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 2, (len(table), 6)).astype(np.int8)
    fused = {
        "use": implicates_of(table)["use"],
        "heats": FusedVariable("heats", codes, ("no", "yes")),
    }
    with pytest.raises(InputError, match="'heats' are not ranked"):
        rank(Implicates(fused), USE, "heats", recipient=table)


def test_no_first_place_is_refused():
    table = recipient_table()
    with pytest.raises(InputError, match="0 first places"):
        rank(implicates_of(table), USE, "area", recipient=table, top=0)


def test_sure_places_need_both_surveys_error():
    """Bias that differs between areas, which the donor shows, keeps ranks open."""
    table = recipient_table()
    without, with_donor = (
        ranks_of(side_of(table, donor=donor)) for donor in (None, donor_of(table))
    )
    spread = [(sets.worst - sets.best).sum() for sets in (without, with_donor)]
    assert spread[1] >= spread[0]
