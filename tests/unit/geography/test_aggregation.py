"""Values of other areas become values of PUMAs."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.geography.aggregation import AreaColumn, Coverage, coverage_sentence, to_pumas
from fusion_core.geography.crosswalks import Crosswalk, find_path
from fusion_core.geography.levels import Unit

TRACTS = Unit("tract", "2020")
PUMAS = Unit("puma", "2020")
A, B, C = "01001000100", "01001000200", "01001000300"


@pytest.fixture
def crosswalk():
    pieces = pd.DataFrame(
        {
            "source": [A, B, B, C],
            "target": ["0100100", "0100100", "0100200", "0100200"],
            "population": [100.0, 50.0, 150.0, 200.0],
        }
    )
    return Crosswalk(TRACTS, PUMAS, pieces, "parts.csv")


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "price": [1.0, 4.0, np.nan],
            "jobs": [10.0, 40.0, 7.0],
            "homes": [5.0, 10.0, 0.0],
            "zone": ["dry", "wet", "dry"],
        },
        index=[A, B, C],
    )


def test_a_mean_is_weighed_by_the_people_of_each_piece(crosswalk, table):
    frame, coverage = to_pumas(table, crosswalk, [AreaColumn("price", "price")])
    assert frame["price"].tolist() == pytest.approx([(100 * 1 + 50 * 4) / 150, 4.0])
    assert coverage["price"] == Coverage(2, 2, 300 / 500)


def test_a_total_is_parted_and_its_sum_is_kept(crosswalk, table):
    frame, _ = to_pumas(table, crosswalk, [AreaColumn("jobs", "jobs", "total")])
    assert frame["jobs"].tolist() == pytest.approx([10 + 10, 30 + 7])


def test_a_ratio_is_that_of_two_totals_where_both_are_known(crosswalk, table):
    rule = AreaColumn("jobs_per_home", "jobs", "ratio", per="homes")
    frame, _ = to_pumas(table, crosswalk, [rule])
    assert frame["jobs_per_home"].tolist() == pytest.approx([20 / 7.5, 30 / 7.5])


def test_a_mode_is_the_category_most_people_live_with(crosswalk, table):
    frame, _ = to_pumas(table, crosswalk, [AreaColumn("zone", "zone", "mode")])
    assert frame["zone"].tolist() == ["dry", "dry"]
    assert list(frame["zone"].cat.categories) == ["dry", "wet"]


def test_a_weight_of_the_table_is_parted_like_people(crosswalk, table):
    frame, _ = to_pumas(table, crosswalk, [AreaColumn("price", "price", weight="homes")])
    assert frame["price"].iloc[0] == pytest.approx((5 * 1 + 2.5 * 4) / 7.5)


def test_an_area_where_nobody_lives_loses_nothing_it_counts(table):
    pieces = pd.DataFrame({"source": [A], "target": ["0100100"], "population": [0.0]})
    frame, _ = to_pumas(
        table, Crosswalk(TRACTS, PUMAS, pieces), [AreaColumn("jobs", "jobs", "total")]
    )
    assert frame["jobs"].tolist() == [10.0]


def test_a_puma_without_a_value_stays_empty_and_is_counted(crosswalk, table):
    frame, coverage = to_pumas(table.loc[[A]], crosswalk, [AreaColumn("price", "price")])
    assert frame["price"].isna().tolist() == [False, True]
    assert coverage_sentence(coverage, "population") == (
        "Values for 1 of 2 PUMAs with 20.0 % of the population."
    )


def test_a_measure_the_crosswalk_lacks_is_refused(crosswalk, table):
    with pytest.raises(InputError, match=r"has no housing to weigh by \(parts.csv\)"):
        to_pumas(table, crosswalk, [AreaColumn("price", "price", weight="housing")])


def test_counties_and_states_are_whole_groups_of_tracts(crosswalk):
    path = find_path(Unit("county"), [crosswalk])
    assert path.pieces["source"].unique().tolist() == ["01001"]
    assert path.pieces["population"].tolist() == [150.0, 350.0]


def test_crosswalks_are_put_one_behind_the_other_in_any_order_and_direction(crosswalk):
    between = Crosswalk(
        Unit("puma", "2010"),
        PUMAS,
        pd.DataFrame(
            {
                "source": ["0100900", "0100900"],
                "target": ["0100100", "0100200"],
                "population": [30.0, 70.0],
            }
        ),
    )
    path = find_path(TRACTS, [between, crosswalk], census=["2010"])
    assert path.target == Unit("puma", "2010")
    assert path.pieces["target"].unique().tolist() == ["0100900"]
    assert path.pieces["population"].sum() == pytest.approx(500.0)


def test_a_crosswalk_of_another_census_leads_nowhere(crosswalk):
    assert find_path(Unit("tract", "2010"), [crosswalk]) is None
    assert find_path(TRACTS, [crosswalk], census=["2010"]) is None
