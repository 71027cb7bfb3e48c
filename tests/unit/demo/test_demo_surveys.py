"""The two surveys of the demo: weights, identities, harmonies and agreement with the truth."""

import json

import numpy as np
import pandas as pd
import pytest

from fusion_core.demo import BLOCK, DONOR, RECIPIENT, exercises, ready_made
from fusion_core.harmony.apply.apply import harmonize_pair
from fusion_core.harmony.apply.similarity import similarity
from fusion_core.harmony.expressions.expression import evaluate_expression


@pytest.fixture(scope="module")
def recipient(demo):
    return demo.survey(RECIPIENT)


@pytest.fixture(scope="module")
def donor(demo):
    return demo.survey(DONOR)


@pytest.fixture(scope="module")
def truth(demo):
    return pd.read_parquet(demo.path / "truth" / "truth.parquet")


def test_weights_add_up_to_the_households_of_every_puma(recipient, population):
    table = recipient.household
    counts = population.places.table.set_index("puma")["households"]
    for column in ("weight", "replicate_1", "replicate_80"):
        totals = table.groupby("puma")[column].sum()
        assert (totals - counts.loc[totals.index]).abs().max() <= 1


def test_weights_are_positive_and_replicates_differ(recipient, donor):
    for table in (recipient.household, recipient.person, donor.household):
        weights = table.filter(regex=r"^(weight|replicate_\d+)$")
        assert weights.shape[1] == 81
        assert np.isfinite(weights.to_numpy()).all()
        assert (weights > 0).all(axis=None)
        assert len({column.tobytes() for column in weights.to_numpy().T}) == 81


def test_person_weights_add_up_to_the_people_of_the_state(recipient, population):
    total = recipient.person["weight"].sum()
    assert total == pytest.approx(len(population.persons), rel=0.01)


def test_household_totals_follow_from_the_members(recipient):
    people = recipient.person.groupby("household_id")
    table = recipient.household.set_index("household_id")
    assert (people.size() == table["np"]).all()
    assert (people["pincp"].sum() == table["hincp"]).all()
    first = recipient.person[recipient.person["person_number"] == 1]
    assert (first["relshipp"] == "Reference person").all()
    assert (first["agep"] >= 18).all()


def test_shares_of_energy_add_up_to_exactly_one(donor):
    shares = donor.household[list(BLOCK)]
    assert (shares.sum(axis=1) == 1.0).all()
    assert (shares.astype(np.float32).sum(axis=1) == np.float32(1.0)).all()
    assert (shares >= 0).all(axis=None)


def test_gas_is_zero_inflated_and_cooling_needs_a_machine(donor):
    table = donor.household
    assert 0.3 < (table["gas_therms"] == 0).mean() < 0.8
    without = table["main_ac"] == "No air conditioning"
    assert (table.loc[without, "share_cool"] == 0).all()
    assert (table.loc[~without, "share_cool"] > 0).all()


def test_every_harmony_applies_and_the_two_surveys_agree(donor, recipient):
    harmonies = ready_made() + [exercise.solution for exercise in exercises()]
    pair = harmonize_pair(harmonies, donor, recipient)
    assert pair.failures == {}
    for harmony in harmonies:
        left, right = pair.donor[harmony.key], pair.recipient[harmony.key]
        assert left.dtype == right.dtype
        assert left.notna().all()
        assert right.notna().all()
        score = similarity(left, pair.donor["weight"], right, pair.recipient["weight"])
        assert score >= 0.85, harmony.key


def test_every_kind_of_harmony_is_there():
    harmonies = ready_made()
    assert any(not item.donor.is_grouped and not item.recipient.is_grouped for item in harmonies)
    assert any(item.donor.breakpoints for item in harmonies)
    assert any(item.recipient.breakpoints for item in harmonies)
    assert any(item.recipient.deflate_to_year == 2020 for item in harmonies)
    assert {item.recipient.aggregator for item in harmonies} >= {"reference", "sum", "any"}
    sizes = set()
    for item in harmonies:
        for code in item.donor.group_codes:
            left = sum(level.group == code for level in item.donor.levels)
            right = sum(level.group == code for level in item.recipient.levels)
            sizes.add((left > 1, right > 1))
    assert sizes == {(False, False), (False, True), (True, False), (True, True)}


def test_truth_is_what_the_population_says(truth, population):
    whole = truth[(truth["area_kind"] == "state") & (truth["subgroup"] == "all")]
    value = whole.set_index(["variable", "level", "statistic"])["value"]
    everyone = population.households
    assert value["elec_kwh", "", "mean"] == pytest.approx(everyone["elec_kwh"].mean())
    assert value["insecure", "Yes", "count"] == (everyone["insecure"] == 0).sum()
    puma = truth[
        (truth["area_id"] == population.places.table["puma"][3])
        & (truth["subgroup"] == "renters")
        & (truth["variable"] == "gas_therms")
        & (truth["statistic"] == "mean")
    ]
    mine = everyone[(everyone["place"] == 3) & (everyone["ten"] > 1)]
    assert puma["value"].item() == pytest.approx(mine["gas_therms"].mean())
    assert puma["households"].item() == len(mine)


def test_shares_of_levels_add_up_in_every_area_and_subgroup(truth):
    shares = truth[truth["statistic"] == "share"]
    totals = shares.groupby(["area_kind", "area_id", "subgroup", "variable"])["value"].sum()
    assert np.allclose(totals, 1.0)


def test_subgroups_are_conditions_the_recipient_understands(demo, truth, recipient):
    conditions = json.loads((demo.path / "truth" / "subgroups.json").read_text())
    state = truth[(truth["area_kind"] == "state") & (truth["variable"] == "np")]
    counts = state.groupby("subgroup")["households"].first()
    table = recipient.household
    for name, condition in conditions.items():
        mask = np.ones(len(table), dtype=bool)
        if condition:
            mask = evaluate_expression(condition, table).to_numpy() == 1
        assert table["weight"][mask].sum() == pytest.approx(counts[name], rel=0.06), name


def test_direct_estimates_are_near_the_truth(donor, recipient, truth):
    state = truth[(truth["area_kind"] == "state") & (truth["subgroup"] == "all")]
    value = state.set_index(["variable", "level", "statistic"])["value"]
    for table, variable in ((recipient.household, "hincp"), (donor.household, "elec_kwh")):
        estimate = np.average(table[variable], weights=table["weight"])
        assert estimate == pytest.approx(value[variable, "", "mean"], rel=0.04)
