"""From estimates to colours, hatching and sentences."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates.api import Difference
from fusion_core.estimates.statistics.statistic import Statistic
from fusion_core.surveys.model import Variable
from harmony_app.explore.map.layers import align, hover_columns, map_layer, unreliable_positions
from harmony_app.explore.panels import _detail as detail
from harmony_app.explore.panels._ranking import ranking_items
from harmony_app.explore.panels.centre import legend_html, table_frame
from harmony_app.explore.view import words
from harmony_app.explore.view.state import ExploreState, HatchRule
from harmony_app.shell.look.formats import Quantity

SHARE = Quantity(share=True)
AREAS = pd.DataFrame({"area_id": ["1", "2", "3", "4"], "name": ["A", "B", "C <i>", "D"]})


def estimates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "puma": ["3", "1", "2"],
            "n": [40, 200, 9],
            "estimate": [0.02, 0.6, 0.3],
            "standard_error": [0.01, 0.011, math.nan],
            "moe": [0.017, 0.018, math.nan],
            "lower": [0.003, 0.582, math.nan],
            "upper": [0.037, 0.618, math.nan],
            "cv": [0.5, 0.018, math.nan],
            "reliability": ["low", "high", "undefined"],
            "fusion_share": [0.2, 0.4, 0.0],
            "assumption": ["", "", ""],
        }
    )


def aligned() -> pd.DataFrame:
    return align(estimates(), AREAS, "puma")


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_estimates_come_in_the_order_of_the_map_and_unsampled_areas_stay():
    table = aligned()
    assert table["area_id"].tolist() == ["1", "2", "3", "4"]
    assert table["estimate"].tolist()[:3] == [0.6, 0.3, 0.02]
    assert np.isnan(table["estimate"].iloc[3])
    assert table["n"].iloc[3] == 0


def test_areas_may_be_known_by_name():
    named = estimates().assign(puma=["C <i>", "A", "B"])
    assert align(named, AREAS, "puma")["estimate"].tolist()[:3] == [0.6, 0.3, 0.02]


def test_uncertain_areas_are_hatched_and_empty_ones_are_not():
    table = aligned()
    assert unreliable_positions(table, HatchRule("cv", 0.4)) == (1, 2)
    assert unreliable_positions(table, HatchRule("moe", 0.05)) == (1,)
    assert unreliable_positions(table, HatchRule("never", math.inf)) == ()


def test_the_legend_counts_every_area_once():
    layer = map_layer(aligned(), ExploreState(classes=3), SHARE, "light")
    assert sum(entry.areas for entry in layer.legend) + layer.without_value == len(AREAS)
    assert len(layer.palette) == len(layer.legend) == layer.codes.max() + 1
    text = plain(legend_html(layer, HatchRule()))
    assert "CV over 40 % (2 areas)" in text
    assert "no estimate (1 area)" in text


def test_the_map_of_uncertainty_has_other_colours():
    estimate = map_layer(aligned(), ExploreState(), SHARE, "light")
    uncertainty = map_layer(aligned(), ExploreState(measure="cv"), SHARE, "light")
    assert set(estimate.palette).isdisjoint(uncertainty.palette)
    assert uncertainty.without_value == 2


def test_hover_texts_say_how_sure_we_are():
    columns = hover_columns(aligned(), SHARE, "light")
    assert plain(columns["value"][0]) == "60.0 % ±1.8"
    assert plain(columns["interval"][0]) == "90 % sure it lies between 58.2 and 61.8 %"
    assert plain(columns["note"][0]) == "reliable (CV 1.8 %) · 200 households sampled"
    assert columns["value"][3] == "no estimate"


def test_the_ranking_starts_with_the_highest_and_marks_the_uncertain():
    items = ranking_items(aligned(), SHARE, HatchRule())
    assert [item["area"] for item in items] == ["1", "2", "3"]
    assert [item["unsure"] for item in items] == [False, True, True]
    assert items[1]["low"] is None
    assert ranking_items(aligned(), SHARE, HatchRule(), lowest=True)[0]["area"] == "3"


def test_names_from_data_are_never_markup():
    row = aligned().iloc[2].to_dict()
    assert "<i>" not in detail.area_card(row, SHARE, "Share")
    assert "C &lt;i&gt;" in detail.area_card(row, SHARE, "Share")


def test_the_card_shows_draws_and_truth():
    row = aligned().iloc[0].to_dict()
    card = plain(
        detail.area_card(row, SHARE, "Share", draws=np.array([0.58, 0.6, 0.62]), truth=0.61)
    )
    assert "40 % of the uncertainty comes from fusion" in card
    assert card.count("<circle") == 3
    assert "61.0 %" in card
    assert "inside the interval" in card
    outside = detail.area_card(row, SHARE, "Share", truth=0.9)
    assert "outside the interval" in outside


def test_a_truth_is_not_outside_an_interval_that_is_unknown():
    row = {"lower": np.nan, "upper": np.nan, "moe": np.nan}
    assert "no interval" in detail.truth_told(0.5, row, SHARE)["verdict"]


def test_an_area_without_sample_says_what_to_do():
    card = detail.area_card(aligned().iloc[3].to_dict(), SHARE, "Share")
    assert "Widen the subgroup" in card


def difference(value=0.58, p_value=1e-9, moe=0.02):
    return Difference(
        0.6,
        0.6 - value,
        value,
        moe / 1.645,
        moe,
        60.0,
        p_value,
        0.9,
        first_moe=0.4,
        second_moe=0.4,
        ratio=30.0,
        ratio_moe=4.0,
    )


def test_what_was_found_of_a_difference_is_told_in_a_sentence():
    def told(value, p_value, moe=0.027, **parts):
        return plain(
            words.comparison_sentence(("A", "B"), difference(value, p_value, moe), SHARE, **parts)
        )

    assert told(0.016, 0.4).startswith(
        "At the 90 % level, the difference of 1.6 points (±2.7) could be"
    )
    assert told(-0.1, 0.001) == "B is higher than A by 10.0 points (±2.7), at the 90 % level."
    assert told(-0.1, 0.001, of_first=True).startswith("A is lower than B by")
    assert "cannot be tested" in told(0.1, math.nan, math.nan)


def test_a_pair_chosen_from_a_ranking_has_to_stand_out_among_all_pairs():
    found = difference(0.1, 0.058).chosen_among(190, 1.0)
    sentence = plain(words.comparison_sentence(("A", "B"), found, SHARE))
    assert not found.is_significant
    assert "allowing for its choice among 190 comparisons" in sentence
    assert "would stand out by itself" in sentence
    assert "real" not in sentence
    assert "p = 0.058; adjusted for 190 comparisons p = 1;" in plain(words.test_phrase(found))
    alone = difference(0.1, 0.058)
    assert alone.is_significant
    assert "real" not in words.comparison_sentence(("A", "B"), alone, SHARE)


def test_the_comparison_card_follows_the_test_not_the_overlap():
    card = plain(detail.comparison_card(("A", "C"), difference(), SHARE))
    assert "A is higher than C by" in card
    assert "p &lt; 0.001" in card
    assert "30.00 (±4.00) times the second" in card
    chance = dataclasses.replace(difference(), p_value=0.4)
    assert "could be chance" in plain(detail.comparison_card(("A", "C"), chance, SHARE))


def test_an_incomplete_margin_says_so_where_the_figure_stands():
    row = aligned().iloc[0].to_dict() | {"reliability": "incomplete"}
    card = plain(detail.area_card(row, SHARE, "Share"))
    assert "Without the donor's part of its error it lies between" in card.replace("&#39;", "'")
    assert "margin incomplete" in card
    table = aligned().assign(reliability="incomplete")
    assert table_frame(table, HatchRule())["reliability"].str.startswith("incomplete").all()
    assert "margin incomplete" in hover_columns(table, SHARE, "light")["note"][0]


def test_the_table_marks_what_the_map_hatches():
    frame = table_frame(aligned(), HatchRule())
    assert frame["reliability"].tolist() == ["reliable", "unknown ▨", "unreliable ▨", "no estimate"]


def test_titles_name_variable_level_and_statistic():
    variables = {
        "fuel": Variable("fuel", "main heating fuel", levels=("Gas",)),
        "kwh": Variable("kwh", "electricity", type="continuous", unit="kWh per year"),
        "inc": Variable("inc", "income", type="continuous", unit="dollars"),
    }
    share = Statistic("share", "fuel", level="Gas")
    assert words.map_title(share, variables) == "Main heating fuel: Gas"
    ratio = Statistic("ratio", "kwh", denominator="inc")
    assert words.map_title(ratio, variables) == "Electricity / income"
    mean = Statistic("mean", "kwh")
    phrase = words.statistic_phrase(mean, words.quantity_of(mean, variables))
    assert phrase == "Mean per household, kWh per year"


STATES = pd.DataFrame({"area_id": ["01", "02", "41"], "name": ["Alabama", "Alaska", "Oregon"]})


def by_state(*stored):
    count = len(stored)
    return pd.DataFrame(
        {"state": stored, "n": 9, "estimate": np.arange(count) + 1.0, "moe": 0.1, "cv": 0.1}
    )


@pytest.mark.parametrize(
    "stored",
    [("Oregon/OR", "Alabama/AL"), ("OR", "AL"), ("41", "01"), (41, 1), ("oregon", "alabama")],
)
def test_states_meet_their_polygons_in_whatever_way_the_survey_writes_them(stored):
    table = align(by_state(*stored), STATES, "state")
    assert table["estimate"].to_numpy() == pytest.approx([2.0, np.nan, 1.0], nan_ok=True)
    assert table["stored"].tolist() == [str(stored[1]), "02", str(stored[0])]
    assert table["n"].tolist() == [9, 0, 9]


def test_one_area_written_in_two_ways_is_refused_and_both_are_named():
    with pytest.raises(InputError, match="'AL' and 'Alabama/AL' both mean the state 01"):
        align(by_state("AL", "OR", "Alabama/AL"), STATES, "state")
