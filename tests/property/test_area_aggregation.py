"""What holds for every table of areas that becomes a table of PUMAs."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.geography.aggregation import AreaColumn, to_pumas
from fusion_core.geography.crosswalks import Crosswalk, find_path, normalized
from fusion_core.geography.levels import Unit

SIZES = st.floats(0, 1e6).filter(lambda size: size == 0 or size > 1e-3)


@st.composite
def places(draw):
    """A table of tracts and their pieces in up to four PUMAs."""
    count = draw(st.integers(1, 12))
    codes = [f"0100100{number:04d}" for number in range(count)]
    pieces = [
        (code, f"01{puma:05d}", draw(SIZES))
        for code in codes
        for puma in draw(st.sets(st.integers(1, 4), min_size=1, max_size=3))
    ]
    values = draw(
        st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=count, max_size=count)
    )
    frame = pd.DataFrame(pieces, columns=["source", "target", "population"])
    crosswalk = Crosswalk(Unit("tract", "2020"), Unit("puma", "2020"), frame)
    return pd.DataFrame({"x": values}, index=codes), crosswalk


@given(places())
def test_weighted_means_stay_within_the_range_of_their_areas(place):
    table, crosswalk = place
    frame, _ = to_pumas(table, crosswalk, [AreaColumn("x", "x")])
    met = crosswalk.pieces.merge(table, left_on="source", right_index=True).dropna()
    low, high = met.groupby("target")["x"].min(), met.groupby("target")["x"].max()
    for puma, mean in frame.dropna().itertuples(index=False):
        slack = 1e-9 * max(abs(low[puma]), abs(high[puma]), 1.0)
        assert low[puma] - slack <= mean <= high[puma] + slack


@given(places())
def test_totals_over_all_pumas_are_those_over_all_areas(place):
    table, crosswalk = place
    frame, _ = to_pumas(table, crosswalk, [AreaColumn("x", "x", "total")])
    size = 1e-9 * max(1.0, table["x"].abs().sum())
    assert abs(frame["x"].sum() - table["x"].sum()) <= size


@given(places())
def test_normalized_weights_of_an_area_add_up_to_one(place):
    pieces = place[1].pieces
    shares = normalized(pieces["population"].to_numpy(), pieces["source"])
    sums = pd.Series(shares).groupby(pieces["source"]).sum()
    inhabited = pieces.groupby("source")["population"].sum() > 0
    assert np.allclose(sums[inhabited], 1.0)
    assert (sums[~inhabited] == 0).all()


@given(places())
def test_coverage_lies_between_nothing_and_everybody(place):
    table, crosswalk = place
    frame, coverage = to_pumas(table, crosswalk, [AreaColumn("x", "x")])
    assert 0 <= coverage["x"].share <= 1 + 1e-12
    assert coverage["x"].pumas == frame["x"].notna().sum() <= coverage["x"].of


@given(places())
def test_a_chain_of_crosswalks_loses_nobody_who_lives_in_a_known_puma(place):
    _, crosswalk = place
    pumas = sorted(crosswalk.pieces["target"].unique())
    pieces = pd.DataFrame({"source": pumas, "target": "0200100", "population": 1.0})
    onward = Crosswalk(Unit("puma", "2020"), Unit("puma", "2010"), pieces)
    path = find_path(crosswalk.source, [crosswalk, onward], census=["2010"])
    assert np.isclose(path.pieces["population"].sum(), crosswalk.pieces["population"].sum())
