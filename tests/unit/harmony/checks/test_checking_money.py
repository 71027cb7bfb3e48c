"""Amounts per month against per year, and dollars of different years."""

from dataclasses import replace

import pytest

from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.surveys import Dictionary, Variable

YEARS = {"donor": 2024, "recipient": 2019}


def amount(name, description, **more):
    return Dictionary([Variable(name, description, type="continuous", maximum=500_000, **more)])


MONTHLY = amount("pay", "Total monthly household income")
YEARLY = amount("hincp", "Household income in the past 12 months")
PAY = Harmony(Side("pay"), Side("hincp"))


def found(harmony, donor=MONTHLY, recipient=YEARLY, years=None):
    findings = check_harmony(harmony, donor, recipient, price_years=years)
    return {item.rule: item for item in findings}


def test_a_month_against_a_year_is_found_in_the_descriptions_and_fixed():
    finding = found(PAY)["periods-differ"]
    assert finding.severity == "warning"
    assert "per month, the recipient as one per year" in finding.sentence
    assert finding.fix.harmony.donor.adjustment == "pay * 12"
    assert "periods-differ" not in found(finding.fix.harmony)


def test_a_week_against_a_year():
    finding = found(PAY, amount("pay", "Usual weekly earnings"))["periods-differ"]
    assert finding.fix.harmony.donor.adjustment == "pay * 52.18"


@pytest.mark.parametrize(
    "description",
    [
        "Household income",
        "Annual household income",
        "Monthly or annual income",
        "Month of the interview",
    ],
)
def test_no_period_or_the_same_or_several_say_nothing(description):
    assert "periods-differ" not in found(PAY, amount("pay", description))


def test_counts_and_labels_have_no_period():
    count = Dictionary([Variable("pay", "Trips in the past month", type="integer", maximum=90)])
    assert "periods-differ" not in found(PAY, count)
    labels = Dictionary([Variable("pay", "Monthly income", levels=("low", "high"))])
    assert "periods-differ" not in found(PAY, labels)


def test_dollars_of_two_years_are_converted_by_the_fix():
    same = amount("pay", "Annual household income")
    finding = found(PAY, same, years=YEARS)["price-years-differ"]
    assert (finding.severity, finding.side) == ("warning", "recipient")
    assert finding.fix.harmony.recipient.deflate_to_year == 2024
    assert "price-years-differ" not in found(finding.fix.harmony, same, years=YEARS)
    near = found(PAY, same, years={"donor": 2017, "recipient": 2019})
    assert near["price-years-differ"].severity == "hint"
    assert "price-years-differ" not in found(PAY, same, years={"donor": 2019, "recipient": 2019})


def test_brackets_in_dollars_are_amounts_too():
    labels = ("Less than $20,000", "$20,000 to $49,999", "$50,000 or more")
    brackets = Side("band", levels=tuple(LevelGroup(x, i) for i, x in enumerate(labels)))
    bins = Side(
        "hincp",
        breakpoints=(20_000, 50_000),
        levels=tuple(LevelGroup(x, i) for i, x in enumerate(("a", "b", "c"))),
    )
    harmony = Harmony(brackets, bins, ordered=True)
    donor = Dictionary([Variable("band", "Income", levels=labels, type="ordered")])
    assert "price-years-differ" in found(harmony, donor, years=YEARS)
    adjusted = replace(harmony, recipient=replace(bins, adjustment="hincp * 1.23"))
    assert "price-years-differ" not in found(adjusted, donor, years=YEARS)
