"""Two runs are compared by the fair scores of households neither has seen."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fusion_core import FusedVariable, Implicates, SurveyId, SurveyPair
from fusion_core.validation.internal import SCORE_PART_COLUMNS, validate
from fusion_core.validation.report import difference_findings, score_differences
from fusion_core.workspace.run_differences import setting_differences
from fusion_core.workspace.runs import RunSpec


def validation(kwh: float, fuel: float, coverage: float, *extra: str) -> SimpleNamespace:
    rows = [("kwh", "CRPS", kwh), ("fuel", "Brier", fuel), ("fuel", "log", 9.0)]
    rows += [(name, "CRPS", 1.0) for name in extra]
    scores = pd.DataFrame(rows, columns=["variable", "score", "value"])
    names = [name for name, score, _ in rows if score != "log"]
    inside = [coverage if name != "fuel" else np.nan for name in names]
    return SimpleNamespace(
        score_parts=pd.DataFrame(columns=list(SCORE_PART_COLUMNS)),
        scores=scores,
        summary=pd.DataFrame({"variable": names, "coverage": inside}),
    )


def test_variables_of_both_runs_are_compared():
    found = score_differences(validation(95, 0.4, 0.81), validation(100, 0.4, 0.74, "gas"))
    assert found["variable"].tolist() == ["kwh", "fuel"]
    assert found["difference"].tolist() == pytest.approx([-0.05, 0.0])
    assert found["coverage_first"].tolist() == pytest.approx([0.81, np.nan], nan_ok=True)
    assert found["coverage_second"][0] == pytest.approx(0.74)
    assert found["margin"].isna().all()
    assert not found["differ"].any()
    assert all("is not known" in item.text for item in difference_findings(found))


ROWS = 4000


def households(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    draw = np.random.default_rng(seed)
    signal = draw.normal(size=ROWS)
    donor = pd.DataFrame(
        {
            "kwh": signal + draw.normal(size=ROWS),
            "region": pd.Categorical(draw.choice(["North", "South"], ROWS)),
            "weight": draw.uniform(1, 3, ROWS),
        },
        index=[f"H{place}" for place in range(ROWS)],
    )
    return donor, signal


def drawn(donor: pd.DataFrame, signal: np.ndarray, part: float, seed: int) -> Implicates:
    """Draws that know a part of what can be known of a household."""
    draw = np.random.default_rng(seed)
    noise = np.sqrt(1.0 + (1.0 - part**2)) * draw.normal(size=(ROWS, 10))
    values = FusedVariable("kwh", part * signal[:, None] + noise)
    return Implicates({"kwh": values}, index=donor.index)


def compared(first: float, second: float, seed: int = 1) -> pd.DataFrame:
    donor, signal = households(seed)
    both = [
        validate(donor, drawn(donor, signal, part, 10 * seed + place), ["region"])
        for place, part in enumerate((first, second))
    ]
    return score_differences(*both)


def test_a_run_that_knows_more_is_better_beyond_chance():
    found = compared(1.0, 0.6)
    assert found["difference"][0] < -0.05
    assert found["differ"][0]
    assert "this run is better" in difference_findings(found)[0].text
    assert "the other run is better" in difference_findings(compared(0.6, 1.0))[0].text


def test_runs_that_know_the_same_are_rarely_told_apart():
    found = pd.concat([compared(0.8, 0.8, seed) for seed in range(1, 21)])
    assert found["differ"].sum() <= 4  # 1 of 20 is expected
    # The margin is as wide as differences vary: nine of ten lie within it.
    inside = (found["difference"].abs() <= found["margin"]).mean()
    assert 0.7 <= inside <= 1.0


def test_the_order_of_households_is_no_difference():
    donor, signal = households(3)
    draws = drawn(donor, signal, 0.8, 5)
    turned = Implicates(
        {"kwh": FusedVariable("kwh", draws["kwh"].values[::-1])}, index=donor.index[::-1]
    )
    found = score_differences(
        validate(donor, draws, ["region"]), validate(donor, turned, ["region"])
    )
    assert found["difference"][0] == pytest.approx(0.0, abs=1e-12)
    assert not found["differ"][0]


def test_other_households_leave_chance_unknown():
    donor, signal = households(4)
    draws = drawn(donor, signal, 0.8, 5)
    half = donor.head(ROWS // 2)
    part = Implicates(
        {"kwh": FusedVariable("kwh", draws["kwh"].values[: ROWS // 2])}, index=half.index
    )
    found = score_differences(validate(donor, draws, ["region"]), validate(half, part, ["region"]))
    assert np.isnan(found["margin"][0])
    assert not found["differ"][0]


def test_settings_that_differ_are_named_and_no_others():
    pair = SurveyPair(SurveyId("HEAT", "2020"), SurveyId("CENSUS", "2021"))
    first = RunSpec("One", pair, ("kwh",), seed=1)
    second = RunSpec("Two", pair, ("kwh", ("gas", "oil")), seed=1, implicates=20)
    found = setting_differences(first, second).set_index("setting")
    assert found.index.tolist() == ["fusion_variables", "implicates"]
    assert found.loc["fusion_variables", "second"] == "kwh, gas, oil"
    assert found.loc["implicates"].tolist() == ["40", "20"]
