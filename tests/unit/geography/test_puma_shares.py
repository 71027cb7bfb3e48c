"""Which part of a PUMA lies in which area."""

import pandas as pd
import pytest

from fusion_core.geography.crosswalks import Crosswalk, puma_shares
from fusion_core.geography.levels import Unit

PIECES = pd.DataFrame(
    {
        "source": ["41001", "41003", "41003", "41005"],
        "target": ["4100100", "4100100", "4100200", "4100300"],
        "population": [30.0, 10.0, 50.0, 0.0],
    }
)
WAY = Crosswalk(Unit("county"), Unit("puma", "2020"), PIECES)


def test_shares_are_of_the_people_of_each_puma():
    found = puma_shares(WAY, "county").set_index(["county", "puma"])["share"]
    assert found["41001", "4100100"] == pytest.approx(0.75)
    assert found["41003", "4100100"] == pytest.approx(0.25)
    assert found["41003", "4100200"] == 1.0
    assert ("41005", "4100300") not in found.index


def test_unions_add_up_and_leave_out_what_belongs_to_none():
    found = puma_shares(WAY, "utility", {"41001": "North", "41003": "North"})
    assert found["utility"].unique().tolist() == ["North"]
    assert found["share"].tolist() == [1.0, 1.0]
