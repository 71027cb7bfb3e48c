"""Numbers are written for people, never finer than their margin of error."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmony_app.shell.look.formats import Quantity, axis_numbers, count, joined, number, percent
from harmony_app.shell.look.report_figure import round_ticks, text_width, wrapped


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (0.04567, "0.0457"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (999_499, "999,499"),
        (3_141_592, "3.1 million"),
        (118_208_250, "118 million"),
        (2.4e9, "2.4 billion"),
        (-12.3, "−12.3"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_numbers(value, expected):
    assert plain(number(value)) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.618, "61.8 %"), (0, "0.0 %"), (0.0001, "under 0.1 %"), (1, "100.0 %"), (math.nan, "–")],
)
def test_shares_become_percent(share, expected):
    assert plain(percent(share)) == expected


def test_an_amount_is_rounded_to_what_its_margin_can_bear():
    kilowatt_hours = Quantity(unit="kWh")
    assert plain(kilowatt_hours.value(10_432.7, 512)) == "10,430 kWh"
    assert plain(kilowatt_hours.value(10_432.7, 5_120)) == "10,400 kWh"
    assert plain(kilowatt_hours.moe(512.3)) == "±510"


def test_a_share_has_more_decimals_only_when_the_margin_is_that_small():
    share = Quantity(share=True)
    assert plain(share.value(0.61837, 0.018)) == "61.8 %"
    assert plain(share.value(0.00437, 0.0004)) == "0.44 %"
    assert plain(share.moe(0.018)) == "±1.8 points"
    assert plain(share.short_moe(0.018)) == "±1.8"


def test_dollars_stand_before_the_number():
    dollars = Quantity(unit="dollars per year")
    assert plain(dollars.value(41_234, 900)) == "$41,230 per year"
    assert plain(dollars.moe(900)) == "±$900"
    assert plain(dollars.value(-1200, 100)) == "−$1,200 per year"


def test_intervals_name_the_unit_once():
    assert plain(Quantity(share=True).interval(0.6, 0.636, 0.018)) == "60.0 and 63.6 %"
    assert plain(Quantity(unit="kWh").interval(8490, 9780, 650)) == "8,490 and 9,780 kWh"


def test_differences_of_shares_are_points():
    assert plain(Quantity(share=True).difference(-0.016, 0.027)) == "1.6 points"


def test_counts_and_lists_read_like_sentences():
    assert plain(count(1, "area")) == "1 area"
    assert plain(count(2351, "area")) == "2,351 areas"
    assert plain(count(2, "analysis", "analyses")) == "2 analyses"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["a"]) == "a"


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([0, 5, 10], False, ["0", "5", "10"]),
        ([11_323.5, 11_324, 11_324.5], False, ["11,323.5", "11,324.0", "11,324.5"]),
        (
            [1_200_000, 1_240_000, 1_280_000],
            False,
            ["1.20 million", "1.24 million", "1.28 million"],
        ),
        ([0, 0.005, 0.01], True, ["0.0 %", "0.5 %", "1.0 %"]),
        ([0.1, 0.2], True, ["10 %", "20 %"]),
        ([-1, 0, 1], False, ["−1", "0", "1"]),
        ([], False, []),
    ],
)
def test_ticks_of_an_axis_are_written_alike_and_told_apart(values, share, expected):
    assert [plain(text) for text in axis_numbers(values, share=share)] == expected


@given(st.floats(-1e9, 1e9), st.floats(1e-4, 1e9))
def test_round_ticks_lie_inside_and_each_reads_otherwise(low, span):
    ticks = round_ticks(low, low + span)
    assert len(ticks) <= 6
    slack = 1e-6 * max(abs(low), span)
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)
    if span > 1e-6 * abs(low):
        assert len(ticks) >= 2
        assert len(set(axis_numbers(ticks))) == len(ticks)


@given(st.text(max_size=200), st.floats(60, 400))
def test_a_text_is_broken_into_lines_that_fit_and_loses_no_letter(text, width):
    lines = wrapped(text, width, 16)
    assert all(text_width(line, 16) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(text.split()).replace(" ", "")
