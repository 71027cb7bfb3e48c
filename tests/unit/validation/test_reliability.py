"""Whether drawn answers are true as often as they are drawn: by hand, by simulation, in sentences."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.validation import read_validation, validate, write_validation
from fusion_core.validation.internal.calibration import (
    reliability_gaps,
    reliability_table,
    wilson_interval,
)
from fusion_core.validation.report.sentences import all_findings, reliability_findings

LEVELS = ("no", "yes")


def survey(truth, draws, **more):
    """Observed answers and their implicates, from truth values."""
    answers = pd.Categorical(np.where(truth, "yes", "no"), categories=LEVELS)
    codes = np.asarray(draws).astype(np.int8)
    return pd.DataFrame({"ac": answers, **more}), Implicates(
        {"ac": FusedVariable("ac", codes, LEVELS)}
    )


def drawn_with(power, draws, *, rows=3000, seed=1):
    """Answers with chances p; the model draws with the odds of p to a power."""
    random = np.random.default_rng(seed)
    chance = random.beta(1.2, 2.5, rows)
    odds = (chance / (1 - chance)) ** power
    truth = random.uniform(size=rows) < chance
    drawn = random.uniform(size=(rows, draws)) < (odds / (1 + odds))[:, None]
    return survey(truth, drawn, size=random.integers(1, 4, rows)), random.uniform(0.5, 2, rows)


def of_yes(table):
    return table[table["level"] == "yes"].reset_index(drop=True)


def test_every_draw_in_turn_is_set_aside():
    random = np.random.default_rng(2)
    truth, draws = random.uniform(size=900) < 0.4, random.uniform(size=(900, 3)) < 0.4
    weight = random.uniform(1, 3, 900)
    found = of_yes(reliability_table(*survey(truth, draws), weight))
    sums = np.zeros((3, 3))
    for household, drawn in enumerate(draws):
        for aside in range(3):
            others = drawn.sum() - drawn[aside]
            sums[others] += weight[household] * np.array([1, drawn[aside], truth[household]])
    assert found["drawn"].to_numpy() == pytest.approx(sums[:, 1] / sums[:, 0])
    assert found["observed"].to_numpy() == pytest.approx(sums[:, 2] / sums[:, 0])
    assert found["share"].to_numpy() == pytest.approx(sums[:, 0] / sums[:, 0].sum())
    assert found["rows"].sum() == pytest.approx(900)


@pytest.mark.parametrize("draws", [2, 5, 40])
def test_intervals_of_a_perfect_model_hold_nine_of_ten_however_few_its_draws(draws):
    held = []
    for seed in range(30):
        (observed, implicates), weight = drawn_with(1.0, draws, seed=seed)
        found = of_yes(reliability_table(observed, implicates, weight))
        held += list(found["drawn"].between(found["lower"], found["upper"]))
    assert np.mean(held) == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize("draws", [2, 5, 40])
def test_a_perfect_model_has_no_gap_and_one_too_sure_leans(draws):
    gaps = {}
    for power in (0.6, 1.0, 1.6):
        (observed, implicates), weight = drawn_with(power, draws, rows=30_000)
        [gap] = reliability_gaps(of_yes(reliability_table(observed, implicates, weight))).to_dict(
            "records"
        )
        gaps[power] = gap
    assert gaps[1.0]["gap"] < 0.02
    assert gaps[1.0]["p_value"] > 0.01
    assert gaps[1.6]["p_value"] < 1e-6
    assert gaps[1.6]["gap"] > 0.035
    assert gaps[1.6]["tilt"] < -0.1
    assert gaps[0.6]["tilt"] > 0.1


def test_groups_are_large_enough_and_few():
    (observed, implicates), weight = drawn_with(1.0, 40)
    table = reliability_table(observed, implicates, weight)
    assert table.groupby("level")["rows"].count().max() <= 12
    assert table["rows"].min() >= 3000 / 12
    tiny = reliability_table(*survey(np.ones(8, dtype=bool), np.ones((8, 4))), np.ones(8))
    assert list(tiny["observed"]) == [0, 1]
    assert list(tiny["drawn"]) == [0, 1]
    assert list(reliability_gaps(tiny)["gap"]) == [0, 0]


def test_the_interval_of_wilson_by_hand():
    lower, upper = wilson_interval(np.array([0.0, 0.5]), np.array([10.0, 100.0]))
    square = 1.6448536269514722**2
    assert lower[0] == pytest.approx(0, abs=1e-12)
    assert upper[0] == pytest.approx(square / (10 + square))
    assert upper[1] + lower[1] == pytest.approx(1.0)


@pytest.fixture(scope="module")
def studies():
    """Validations of draws that are honest, too sure and too cautious."""
    found = {}
    for name, power in (("honest", 1.0), ("sure", 2.5), ("cautious", 0.4)):
        (observed, implicates), _ = drawn_with(power, 10)
        found[name] = validate(observed, implicates, ["size"], weight=None)
    return found


def test_sentences_say_whether_chances_can_be_trusted(studies):
    texts = {name: reliability_findings(study, unseen=True)[0] for name, study in studies.items()}
    assert {name: item.tone for name, item in texts.items()} == {
        "honest": "good",
        "sure": "poor",
        "cautious": "poor",
    }
    assert texts["honest"].text.startswith("ac: answers are true as often as they are drawn")
    assert texts["sure"].text.endswith("draws are too sure.")
    assert texts["cautious"].text.endswith("draws are too cautious.")
    told = all_findings(studies["honest"], studies["sure"], ["ac"])["Draws of single households"]
    assert texts["sure"] in told


def test_caution_about_known_households_is_no_fault(studies):
    [finding] = reliability_findings(studies["cautious"])
    assert finding.tone == "fair"
    assert finding.text.endswith("as usual of households the models know.")
    assert reliability_findings(studies["sure"])[0].tone == "poor"


def test_a_validation_without_categories_says_nothing_of_them(studies):
    plain = dataclasses.replace(
        studies["honest"], reliability=studies["honest"].reliability.iloc[:0]
    )
    assert reliability_findings(plain) == []


def test_it_survives_the_disk_and_an_earlier_format_lacks_it(studies, tmp_path):
    study = studies["sure"]
    write_validation(study, tmp_path)
    pd.testing.assert_frame_equal(
        read_validation(tmp_path).reliability, study.reliability, check_dtype=False
    )
    (tmp_path / "reliability.parquet").unlink()
    record = json.loads((tmp_path / "validation.json").read_text())
    (tmp_path / "validation.json").write_text(json.dumps(record | {"format": 2}))
    earlier = read_validation(tmp_path)
    assert earlier.reliability.empty
    assert len(earlier.scores)
