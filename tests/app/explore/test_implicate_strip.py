"""The strip that shows an area's estimate in every implicate."""

import numpy as np

from harmony_app.explore.panels._detail import area_card, draws_strip
from harmony_app.shell.look import Quantity

ROW = {
    "name": "Square A",
    "estimate": 0.30,
    "moe": 0.05,
    "lower": 0.25,
    "upper": 0.35,
    "cv": 0.1,
    "n": 60,
    "reliability": "high",
}
SHARE = Quantity(share=True)


def test_draws_beyond_the_interval_are_hollow_and_explained():
    draws = np.array([0.28, 0.30, 0.32, 0.37])
    strip = draws_strip(draws, ROW, SHARE)
    assert [dot["outside"] for dot in strip["dots"]] == [False, False, False, True]
    assert strip["dots"][-1]["at"] > strip["band"][1]
    card = area_card(ROW, SHARE, "Share of households", draws=draws)
    assert card.count('class="draw outside"') == 1
    assert "1 hollow: single draws outside it" in card


def test_nothing_is_said_of_draws_outside_where_there_are_none():
    card = area_card(ROW, SHARE, "Share of households", draws=np.array([0.29, 0.31]))
    assert "hollow" not in card
    assert "90 % interval of the estimate" in card


def test_without_an_interval_no_draw_is_outside_of_it():
    row = ROW | {"lower": float("nan"), "upper": float("nan"), "moe": float("nan")}
    strip = draws_strip(np.array([0.1, 0.9]), row, SHARE)
    assert strip["band"] is None
    assert strip["outside"] == 0
