"""Tables of other libraries give what the pandas frame gives."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fusion_core import DonorSample, Statistic, TrainSettings, analyze, fuse, train, validate

ROWS = 240
CONVERT = {"polars": pl.from_pandas, "Arrow": pa.Table.from_pandas}


@pytest.fixture(scope="module")
def donor() -> pd.DataFrame:
    draw = np.random.default_rng(4)
    rooms = draw.integers(1, 9, ROWS)
    return pd.DataFrame(
        {
            "rooms": rooms,
            "tenure": pd.Categorical(draw.choice(["own", "rent"], ROWS)),
            "weight": draw.uniform(0.5, 2, ROWS),
            "bill": rooms * 10 + draw.normal(size=ROWS),
        }
    )


@pytest.fixture(scope="module")
def recipient(donor) -> pd.DataFrame:
    areas = np.random.default_rng(5).choice(["north", "south"], ROWS)
    return donor[["rooms", "tenure", "weight"]].assign(area=areas)


def results(donor, recipient):
    settings = TrainSettings.preset("quick")
    model = train(donor, ["bill"], ["rooms", "tenure"], weight="weight", seed=1, settings=settings)
    implicates = fuse(recipient, model, implicates=4, seed=2)
    known = DonorSample.of(model, donor, recipient)
    table = analyze(
        implicates, Statistic("mean", "bill"), by="area", recipient=recipient, donor=known
    )
    back = fuse(donor, model, implicates=4, seed=3)
    return implicates, table, validate(donor, back, subset_variables=["tenure"]).summary


@pytest.mark.parametrize("library", CONVERT)
def test_another_library_s_tables_train_fuse_estimate_and_validate_alike(library, donor, recipient):
    convert = CONVERT[library]
    expected = results(donor, recipient)
    found = results(convert(donor), convert(recipient))
    assert (found[0]["bill"].values == expected[0]["bill"].values).all()
    figures = ["area", "n", "estimate", "moe"]
    pd.testing.assert_frame_equal(found[1][figures], expected[1][figures], check_dtype=False)
    pd.testing.assert_frame_equal(found[2], expected[2])
