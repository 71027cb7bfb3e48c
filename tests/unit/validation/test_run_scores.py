"""Two runs are compared by the fair scores of households neither has seen."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fusion_core.validation.report import score_differences


def validation(kwh: float, fuel: float, coverage: float, *extra: str) -> SimpleNamespace:
    rows = [("kwh", "CRPS", kwh), ("fuel", "Brier", fuel), ("fuel", "log", 9.0)]
    rows += [(name, "CRPS", 1.0) for name in extra]
    scores = pd.DataFrame(rows, columns=["variable", "score", "value"])
    names = [name for name, score, _ in rows if score != "log"]
    inside = [coverage if name != "fuel" else np.nan for name in names]
    return SimpleNamespace(
        scores=scores, summary=pd.DataFrame({"variable": names, "coverage": inside})
    )


def test_variables_of_both_runs_are_compared():
    found = score_differences(validation(95, 0.4, 0.81), validation(100, 0.4, 0.74, "gas"))
    assert found["variable"].tolist() == ["kwh", "fuel"]
    assert found["difference"].tolist() == pytest.approx([-0.05, 0.0])
    assert found["coverage_first"].tolist() == pytest.approx([0.81, np.nan], nan_ok=True)
    assert found["coverage_second"][0] == pytest.approx(0.74)
