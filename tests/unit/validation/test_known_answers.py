"""Known answers: what is hidden, how areas are compared, and what is learned for other variables."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates.variance import AreaRule
from fusion_core.validation.known_answers import (
    KnownAnswerSettings,
    KnownPair,
    ask_known_answers,
    known_findings,
    learn_rule,
    read_known_answers,
    summarise,
    with_margins,
    write_known_answers,
)
from fusion_core.validation.known_answers._areas import area_differences
from fusion_core.validation.known_answers._hiding import bonds_with, hidden_with
from fusion_core.validation.known_answers._measures import (
    interval_score,
    slope,
    variance_beyond,
)
from fusion_core.validation.known_answers.known_answers import choose_variables

AREAS = 60
HOUSEHOLDS = 60
SETTINGS = KnownAnswerSettings(donors=2000, households=HOUSEHOLDS, implicates=3)


def households(count, areas, *, effect, seed):
    """Rooms and income that share a cause, a size, and owning, which areas differ by beyond these."""
    generator = np.random.default_rng(seed)
    area = generator.integers(0, areas, count)
    place = np.random.default_rng(1).normal(0.0, effect, areas)[area]
    income = generator.normal(0.0, 1.0, count)
    owns = generator.random(count) < 1.0 / (1.0 + np.exp(-(0.5 + income + place)))
    return pd.DataFrame(
        {
            "weight": generator.uniform(0.5, 1.5, count),
            "puma": [f"41{code:05d}" for code in area],
            "income": income,
            "rooms": income + generator.normal(0.0, 0.3, count),
            "size": generator.integers(1, 6, count).astype(float),
            "owns": pd.Categorical(np.where(owns, "Yes", "No"), categories=["Yes", "No"]),
        }
    )


def pair(effect):
    """A donor without areas and a recipient whose areas differ by `effect` on the log odds."""
    donor = households(3000, 2000, effect=effect, seed=2).drop(columns="puma")
    recipient = households(AREAS * HOUSEHOLDS, AREAS, effect=effect, seed=3)
    return KnownPair(donor, recipient, ("income", "rooms", "size", "owns"), "puma", {})


def pair_in_regions(apart):
    """Both surveys in four regions, which differ by so much beyond the predictors; areas do not."""
    generator = np.random.default_rng(11)
    tables = []
    for seed, count, areas in ((12, 3000, 2000), (13, AREAS * HOUSEHOLDS, AREAS)):
        table = households(count, areas, effect=0.0, seed=seed)
        region = table["puma"].astype(int).to_numpy() % 4
        place = apart * np.array([-1.1, 0.7, 1.1, -0.7])
        table["income"] += place[region]
        table["crowded"] = place[region] + generator.normal(size=count)
        tables.append(table.assign(region=region))
    donor, recipient = tables
    predictors = ("income", "size", "owns", "crowded")
    return KnownPair(
        donor.drop(columns="puma"), recipient, predictors, "puma", {}, regions="region"
    )


@pytest.fixture(scope="module")
def different():
    """Known answers where areas differ beyond the predictors."""
    return ask_known_answers(pair(1.0), SETTINGS, seed=4)


@pytest.fixture(scope="module")
def alike():
    """Known answers where they do not."""
    return ask_known_answers(pair(0.0), SETTINGS, seed=4)


def test_what_says_nearly_the_same_is_hidden_too():
    table = households(3000, AREAS, effect=0.0, seed=5)
    areas = pd.factorize(table["puma"])[0]
    bonds = bonds_with("rooms", table, ("income", "rooms", "size"), areas)
    assert bonds["income"] > 0.8
    assert bonds["size"] < 0.1
    hidden = hidden_with("rooms", ("income", "rooms", "size"), bonds, {})
    assert list(hidden) == ["income"]
    assert "squared correlation 0.9" in hidden["income"]


def test_what_is_made_from_the_same_columns_is_hidden_however_little_it_says():
    sources = {"adults": {"agep of ACS 2024"}, "eldest": {"agep of ACS 2024", "sex of ACS 2024"}}
    hidden = hidden_with("adults", ("adults", "eldest", "size"), {}, sources)
    assert hidden == {"eldest": "made from agep of ACS 2024 too"}


def test_a_table_of_areas_is_hidden_only_where_it_holds_the_answer_itself():
    table = households(6000, AREAS, effect=1.5, seed=6)
    areas = pd.factorize(table["puma"])[0]
    owned = (table["owns"] == "Yes").groupby(table["puma"]).transform("mean")
    noise = np.random.default_rng(7).normal(0.0, 0.15, AREAS)[areas]
    table = table.assign(**{"b25003.owned": owned, "density": owned + noise})
    bonds = bonds_with("owns", table, ("b25003.owned", "density", "size"), areas)
    assert list(hidden_with("owns", tuple(bonds), bonds, {})) == ["b25003.owned"]


def test_variables_chosen_say_different_things_and_range_from_alike_to_unlike_areas():
    bonds = {name: {} for name in ("a", "b", "c", "d")} | {"a2": {"a": 0.9}}
    shares = {"a": 0.01, "a2": 0.02, "b": 0.3, "c": 0.1, "d": 0.2}
    assert choose_variables(bonds, shares, 3) == ("a", "d", "b")
    assert choose_variables(bonds, shares, 9) == ("a", "c", "d", "b")


def test_areas_are_compared_as_a_loop_would():
    generator = np.random.default_rng(8)
    draws, answers = generator.normal(size=(200, 4)), generator.normal(size=200)
    weights, areas = generator.uniform(1, 3, 200), generator.integers(0, 7, 200)
    answers[:5] = np.nan
    found = area_differences(draws, answers, weights, areas, 8)
    for area in range(7):
        rows = (areas == area) & ~np.isnan(answers)
        w, difference = weights[rows], draws[rows].mean(axis=1) - answers[rows]
        assert found.difference[area] == pytest.approx(np.average(difference, weights=w))
        residual = w * (difference - np.average(difference, weights=w))
        n = rows.sum()
        assert found.sampling[area] == pytest.approx(
            n / (n - 1) * (residual**2).sum() / w.sum() ** 2
        )
    assert np.isnan(found.fused[7])


def test_the_slope_is_not_lowered_by_the_answers_sampling_error():
    generator = np.random.default_rng(9)
    truth = generator.normal(0.0, 1.0, 20_000)
    answer = truth + generator.normal(0.0, 0.5, 20_000)
    assert slope(0.4 * truth, answer, np.full(20_000, 0.25)) == pytest.approx(0.4, abs=0.02)
    assert np.isnan(slope(truth, np.zeros(20_000), np.full(20_000, 0.25)))


def test_intervals_are_charged_for_their_width_and_twentyfold_for_what_they_miss():
    assert interval_score(np.array([0.5]), np.array([1.0])) == pytest.approx(2.0)
    assert interval_score(np.array([-1.1]), np.array([1.0])) == pytest.approx(2.0 + 20 * 0.1)


def test_the_variance_beyond_what_is_known_is_found_and_never_negative():
    generator = np.random.default_rng(10)
    known = generator.uniform(0.5, 1.5, 20_000)
    difference = generator.normal(0.0, np.sqrt(known + 2.0))
    assert variance_beyond(difference, known) == pytest.approx(2.0, rel=0.1)
    assert variance_beyond(0.1 * difference, known) == 0.0


def test_areas_that_differ_beyond_the_predictors_are_seen_to(different, alike):
    unlike, same = (
        summarise(with_margins(found, learn_rule(found.areas, "puma")))
        for found in (different, alike)
    )
    unlike, same = (table.set_index("variable").loc["owns"] for table in (unlike, same))
    assert unlike["beyond"] > 0.1 > 2 * same["beyond"]
    assert unlike["slope"] < 0.3
    assert unlike["coverage_before"] < 0.7
    assert same["coverage_before"] > 0.8


def test_a_variables_own_evidence_is_left_out_of_its_margins(different):
    rule = learn_rule(different.areas, "puma")
    found = with_margins(different, rule)
    own = found[found["variable"] == "owns"]
    foretold = rule.without("owns").foretell()
    assert "owns" not in {item.variable for item in rule.without("owns").evidence}
    assert own["beyond"].max() == pytest.approx(
        foretold.kappa * (own["unexplained"] ** 2 / own["overall"]).max()
    )


@pytest.mark.filterwarnings("error")
def test_a_level_no_donor_varies_in_is_left_out_of_margins_and_summary(different):
    constant = different.areas[different.areas["variable"] == "owns"].assign(
        variable="constant", overall=0.0, unexplained=0.0, fused=0.0
    )
    areas = pd.concat([different.areas, constant], ignore_index=True)
    rule = learn_rule(areas, "puma")
    found = with_margins(replace(different, areas=areas), rule)
    pd.testing.assert_frame_equal(found, with_margins(different, rule))
    nothing = with_margins(replace(different, areas=constant), rule)
    assert nothing.empty
    assert summarise(nothing).empty


@pytest.mark.parametrize("apart", [0.0, 1.0])
def test_regions_the_donor_publishes_are_in_the_margins_as_in_those_of_estimates(apart):
    """What the donor's own answers show of its regions is added to what is foretold inside them."""
    answers = ask_known_answers(pair_in_regions(apart), SETTINGS, seed=4)
    rule = learn_rule(answers.areas, "puma")
    found = with_margins(answers, rule).set_index("variable")
    for name in ("income", "crowded"):
        own = found.loc[name]
        seen = answers.seen_of(name, "")
        foretold = rule.without(name).foretell(seen=seen)
        alone = rule.without(name).foretell()
        assert own["apart"].to_numpy() == pytest.approx(0.75, abs=0.02)
        scale = own["unexplained"] ** 2 / own["overall"]
        apart_from = 1.0 - foretold.above * (1.0 - own["apart"])
        assert own["beyond"].to_numpy() == pytest.approx(
            (foretold.kappa * scale * apart_from).to_numpy()
        )
        if apart:
            assert foretold.above > 0.5
            assert own["inside"].mean() > 0.85 > (own["margin_before"] >= own["margin"]).mean()
            assert foretold.kappa > 0.3 * alone.kappa
        else:
            assert foretold.kappa < 0.05


def test_known_answers_survive_being_written_and_so_do_those_of_earlier_versions(tmp_path):
    answers = ask_known_answers(pair_in_regions(1.0), SETTINGS, seed=4)
    rule = learn_rule(answers.areas, "puma")
    folder = tmp_path / "known"
    write_known_answers(answers, folder, settings=SETTINGS, rule=rule)
    again = read_known_answers(folder)
    pd.testing.assert_frame_equal(again.seen, answers.seen)
    pd.testing.assert_frame_equal(with_margins(again, rule), with_margins(answers, rule))
    record = json.loads((folder / "known_answers.json").read_text())
    (folder / "known_answers.json").write_text(json.dumps({**record, "format": 1}))
    answers.areas.drop(columns=["region", "apart"]).to_parquet(folder / "areas.parquet")
    (folder / "seen.parquet").unlink()
    earlier = read_known_answers(folder)
    assert (earlier.areas["region"] == -1).all()
    assert np.isfinite(with_margins(earlier, learn_rule(earlier.areas, "puma"))["margin"]).all()


def test_what_is_learned_survives_being_written(different):
    rule = learn_rule(different.areas, "puma", predictors=("income",), place="state")
    again = AreaRule.from_record(rule.to_record())
    assert again.foretell().kappa == pytest.approx(rule.foretell().kappa, rel=1e-3)
    assert (again.shares, again.predictors, again.place) == (rule.shares, ("income",), "state")


def test_the_findings_say_how_many_areas_hold_and_how_flat_the_map_is(different):
    summary = summarise(with_margins(different, learn_rule(different.areas, "puma")))
    [text] = [item.text for item in known_findings(summary) if item.variable == "owns"]
    assert text.startswith("owns: the answers of ")
    assert "flattens differences between areas" in text


def test_the_result_follows_from_the_seed(different):
    again = ask_known_answers(pair(1.0), SETTINGS, seed=4, threads=2)
    pd.testing.assert_frame_equal(again.areas, different.areas)


def test_unknown_predictors_and_too_few_areas_are_refused():
    with pytest.raises(InputError, match="predictor to hide"):
        ask_known_answers(pair(0.0), KnownAnswerSettings(variables=("ownz",)))
    single = pair(0.0)
    single.recipient["puma"] = "4100100"
    with pytest.raises(InputError, match="recipient has 1"):
        ask_known_answers(single)


@pytest.mark.parametrize("wrong", [{"most": 0}, {"implicates": 1}, {"donors": "many"}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match=f"'{next(iter(wrong))}'"):
        KnownAnswerSettings(**wrong)


def test_a_variable_that_cannot_be_learned_is_named_and_leaves_the_others():
    made = pair(0.0)
    rare = np.where(np.arange(len(made.donor)) == 0, "Rare", made.donor["owns"].astype(str))
    donor = made.donor.assign(owns=pd.Categorical(rare, categories=["Yes", "No", "Rare"]))
    found = ask_known_answers(
        KnownPair(donor, made.recipient, made.predictors, "puma", {}),
        KnownAnswerSettings(variables=("owns", "size"), donors=5000, households=30, implicates=2),
    )
    assert set(found.areas["variable"]) == {"size"}
    assert found.notes[0].startswith("owns cannot be hidden: ")
