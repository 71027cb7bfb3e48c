"""Areas beyond the predictors as a part of the error: of areas, of larger ones, and of differences."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_area_rule import rule

from fusion_core.estimates import DonorSample, Statistic, analyze, compare
from fusion_core.estimates.statistics import Groups
from fusion_core.estimates.variance import AreaRule, Locality, apart_from_all
from fusion_core.fusion import FusedVariable, Implicates

AREAS, EACH, DRAWS = 24, 80, 20


@pytest.fixture(scope="module")
def world():
    """A recipient of 24 areas in four states with a fused share and number, and its donor."""
    generator = np.random.default_rng(5)
    rows = AREAS * EACH
    area = np.repeat(np.arange(AREAS), EACH)
    recipient = pd.DataFrame(
        {
            "x": generator.normal(size=rows),
            "half": generator.choice(["a", "b"], rows),
            "puma": [f"{41 + code % 4}{code:05d}" for code in area],
            "state": [str(41 + code % 4) for code in area],
            "weight": generator.uniform(0.5, 1.5, rows),
        }
    )
    owns = (generator.random((rows, DRAWS)) < 0.4).astype(np.int8)
    bill = recipient["x"].to_numpy()[:, None] + 10 + generator.normal(size=(rows, DRAWS))
    implicates = Implicates(
        {"owns": FusedVariable("owns", owns, ("Yes", "No")), "bill": FusedVariable("bill", bill)}
    )
    donor = pd.DataFrame({"x": generator.normal(size=1000), "weight": 1.0})
    donor["owns"] = pd.Categorical(generator.choice(["Yes", "No"], 1000), categories=["Yes", "No"])
    donor["bill"] = donor["x"] + 10 + generator.normal(size=1000)
    sample = DonorSample.build(donor, recipient, predictors=["x"], variables=["owns", "bill"])
    return recipient, implicates, sample, area


def located(world, shares):
    recipient, _, sample, area = world
    known = rule(0.05, 0.05, 0.05, 0.05, 0.05)
    states = np.arange(AREAS) % 4
    locality = Locality(
        AreaRule(known.evidence, shares),
        area,
        {"state": states},
    )
    del recipient
    return replace(sample, locality=locality)


def added(world, by, shares=None, statistic=None):
    """Return what areas add to the variance of each group."""
    recipient, implicates, sample, _ = world
    shares = {"puma": 1.0} if shares is None else shares
    statistic = statistic or Statistic("mean", "bill")
    options = {"by": by, "recipient": recipient}
    before = analyze(implicates, statistic, donor=sample, **options)
    after = analyze(implicates, statistic, donor=located(world, shares), **options)
    assert after["estimate"].equals(before["estimate"])
    return (after["standard_error"] ** 2 - before["standard_error"] ** 2).to_numpy()


def test_an_area_moves_by_its_effect_in_full(world):
    kappa = rule(0.05, 0.05, 0.05, 0.05, 0.05).foretell().kappa
    assert added(world, ["puma"]).mean() == pytest.approx(kappa * 1.0, rel=0.4)


def test_the_effects_of_areas_average_out_in_larger_ones_unless_they_have_a_part_in_common(world):
    alone = added(world, ["state"]).mean() / added(world, ["puma"]).mean()
    shared = (
        added(world, ["state"], {"puma": 0.5, "state": 0.5}).mean() / added(world, ["puma"]).mean()
    )
    assert alone == pytest.approx(1 / 6, rel=0.4)
    assert shared == pytest.approx(0.5 + 0.5 / 6, rel=0.4)


def test_a_subgroup_of_an_area_moves_as_the_area_does(world):
    halves = added(world, ["puma", "half"]).mean()
    assert halves == pytest.approx(added(world, ["puma"]).mean(), rel=0.25)


def test_counts_move_with_the_households_behind_them(world):
    share = added(world, ["puma"], statistic=Statistic("share", "owns", level="Yes"))
    count = added(world, ["puma"], statistic=Statistic("count", "owns", level="Yes"))
    households = world[0].groupby("puma")["weight"].sum().to_numpy()
    assert count == pytest.approx(share * households**2, rel=1e-6)


def test_margins_that_follow_from_little_knowledge_have_few_degrees_of_freedom(world):
    recipient, implicates, _, _ = world
    found = analyze(
        implicates,
        Statistic("mean", "bill"),
        by="puma",
        recipient=recipient,
        donor=located(world, {"puma": 1.0}),
    )
    assert found["degrees_of_freedom"].median() < 60


def test_two_areas_differ_by_both_effects_and_two_halves_of_one_area_by_hardly_any(world):
    recipient, implicates, sample, _ = world
    located_sample = located(world, {"puma": 1.0})
    areas = sorted(recipient["puma"].unique())[:2]
    pairs = {
        "areas": ({"puma": areas[0]}, {"puma": areas[1]}),
        "halves": ({"puma": areas[0], "half": "a"}, {"puma": areas[0], "half": "b"}),
    }
    extra = {}
    for name, (first, second) in pairs.items():
        errors = [
            compare(
                implicates,
                Statistic("mean", "bill"),
                first,
                second,
                recipient=recipient,
                donor=donor,
            ).standard_error
            for donor in (sample, located_sample)
        ]
        extra[name] = errors[1] ** 2 - errors[0] ** 2
    one = added(world, ["puma"]).mean()
    assert extra["areas"] == pytest.approx(2 * one, rel=0.5)
    assert extra["halves"] < 0.2 * one


def test_loadings_of_a_level_sum_to_the_root_of_its_share(world):
    recipient, _, _, area = world
    locality = located(world, {"puma": 0.75, "state": 0.25}).locality
    groups = Groups.from_codes((area % 3).astype(np.intp), 3)
    loadings = locality.loadings(locality.rule, groups, recipient["weight"].to_numpy()).of(0.0)
    assert loadings[:, :AREAS].sum(axis=1) == pytest.approx(np.sqrt(0.75))
    assert loadings[:, AREAS:].sum(axis=1) == pytest.approx(0.5)


def test_what_differs_between_a_donors_regions_moves_their_areas_and_not_everybody():
    """A donor that interviews in all regions knows what they have in common."""
    areas = np.repeat(np.arange(4), 10).astype(np.intp)
    regions = np.array([0, 0, 1, 1])
    rule = AreaRule((), {"puma": 1.0})
    locality = Locality(rule, areas, {}, regions)
    by_area, everybody = Groups.from_codes(areas, 4), Groups.from_codes(np.zeros(40, dtype=int), 1)
    weight = np.ones(40)
    moved = locality.loadings(rule, by_area, weight).of(1.0).toarray()
    assert np.square(moved).sum(axis=1) == pytest.approx(0.5)
    assert apart_from_all(regions, np.full(4, 10.0)) == pytest.approx(0.5)
    assert moved[0] == pytest.approx(moved[1])
    assert np.square(locality.loadings(rule, everybody, weight).of(1.0).toarray()).sum() == 0
    assert np.square(locality.loadings(rule, by_area, weight).of(0.0).toarray()).sum(
        axis=1
    ) == pytest.approx(1)


def test_without_known_answers_no_estimate_of_a_few_areas_is_called_reliable(world):
    """Whether areas differ beyond the predictors was not tested; over many it averages out."""
    recipient, implicates, sample, area = world
    untested = replace(sample, locality=Locality(None, area.astype(np.intp), {}))
    for by, words in (("puma", {"medium"}), ("state", {"medium"}), ("half", {"high"})):
        found = analyze(
            implicates, Statistic("mean", "bill"), by=by, recipient=recipient, donor=untested
        )
        assert set(found["reliability"]) == words
        plain = analyze(
            implicates, Statistic("mean", "bill"), by=by, recipient=recipient, donor=sample
        )
        assert set(plain["reliability"]) == {"high"}
        assert found["moe"].equals(plain["moe"])
