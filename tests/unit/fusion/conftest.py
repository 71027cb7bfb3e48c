"""A small donor and recipient with every kind of fusion variable."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from fusion_core.fusion import TrainSettings

X = ["size", "income", "region"]
SHARES = ["heating_share", "cooling_share", "other_share"]
Y = ["fuel", "area", "gas", SHARES]


def households(rows: int, seed: int) -> pd.DataFrame:
    """Households whose fuel, area, gas bill and energy shares depend on size, income and region."""
    draw = np.random.default_rng(seed)
    size = draw.integers(1, 7, rows)
    income = np.exp(draw.normal(10.5, 0.8, rows)).round(2)
    region = draw.choice(["coast", "hills", "plain"], rows, p=[0.5, 0.3, 0.2])
    has_gas = draw.random(rows) < np.where(region == "plain", 0.9, 0.4)
    area = (400 + 250 * size + 0.01 * income + draw.gamma(2, 150, rows)).round()
    heating = draw.beta(2 + 3 * (region == "hills"), 5, rows).round(3)
    cooling = ((1 - heating) * draw.beta(2, 6, rows)).round(3)
    frame = pd.DataFrame(
        {
            "size": size,
            "income": income,
            "region": pd.Categorical(region, ["coast", "hills", "plain"]),
            "fuel": pd.Categorical(
                np.where(has_gas, "gas", np.where(income > 40_000, "electric", "oil")),
                ["oil", "gas", "electric"],
                ordered=True,
            ),
            "area": area.astype(int),
            "gas": np.where(has_gas, (0.3 * area + draw.gamma(3, 40, rows)).round(1), 0.0),
            "heating_share": heating,
            "cooling_share": cooling,
            "other_share": (1 - heating - cooling).round(3),
            "weight": draw.gamma(4, 100, rows).round(1),
        }
    )
    return frame.assign(tenure=np.where(draw.random(rows) < 0.6, "own", "rent"))


@pytest.fixture(scope="session")
def make_households() -> Callable[[int, int], pd.DataFrame]:
    """Makes as many households as asked for, from a seed."""
    return households


@pytest.fixture(scope="session")
def donor() -> pd.DataFrame:
    return households(400, 1)


@pytest.fixture(scope="session")
def recipient() -> pd.DataFrame:
    return households(300, 2)[X]


@pytest.fixture(scope="session")
def small_settings() -> TrainSettings:
    """Settings that train in a second."""
    return TrainSettings(
        folds=3,
        leaves=(4, 8),
        maximum_trees=40,
        early_stopping_rounds=5,
        neighbours=60,
        centres=150,
        method="out-of-fold",
    )
