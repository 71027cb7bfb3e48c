"""Typed price constants, units, results that cannot vary, labels that match no data."""

from dataclasses import replace

import pytest

from fusion_core.harmony.checks._amounts import check_amounts
from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.checks.findings import Case
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.surveys import Dictionary, Variable

YEARS = {"donor": 2020, "recipient": 2019}
INCOME = Harmony(Side("income"), Side("hincp"), comment="prices")


def price_findings(text, years=YEARS):
    harmony = replace(INCOME, recipient=Side("hincp", adjustment=text))
    found = check_harmony(harmony, price_years=years)
    return [item for item in found if item.rule == "price-constant-disagrees-with-index"]


@pytest.mark.parametrize(
    "text", ["hincp * 1.012", "1.0123 * hincp", "hincp * 1.01", "hincp * 12", "hincp", "hincp + 3"]
)
def test_a_constant_that_agrees_with_the_index_is_no_mistake(text):
    assert price_findings(text) == []


def test_a_constant_that_drifts_is_found_and_replaced_by_the_index():
    (finding,) = price_findings("hincp * 1.08")
    assert finding.severity == "warning"
    assert finding.fix.harmony.recipient == Side("hincp", deflate_to_year=2020)
    (finding,) = price_findings("hincp * 1.018")
    assert finding.severity == "hint"


def test_a_constant_in_the_wrong_direction_is_an_error():
    (finding,) = price_findings("hincp / 1.227", {"donor": 2024, "recipient": 2019})
    assert finding.severity == "error"
    assert "wrong way" in finding.sentence


def test_without_price_years_nothing_is_said():
    assert price_findings("hincp * 1.5", {}) == []


def test_a_factor_of_twelve_in_the_dictionaries_is_found():
    donor = Dictionary([Variable("tax", type="continuous", median=200.0, mean=260.0)])
    yearly = Dictionary([Variable("taxamt", type="continuous", median=2_300.0, mean=3_000.0)])
    harmony = Harmony(Side("tax"), Side("taxamt"))
    (finding,) = check_harmony(harmony, donor, yearly)
    assert (finding.rule, finding.side) == ("units-differ", "donor")
    assert finding.fix.harmony.donor.adjustment == "tax * 12"
    assert (
        check_harmony(
            harmony, donor, Dictionary([replace(yearly["taxamt"], median=210.0, mean=250.0)])
        )
        == ()
    )


def test_quantiles_tell_units_but_not_another_shape():
    case = Case(INCOME, {"donor": None, "recipient": None}, "household")
    monthly = [100.0, 200.0, 300.0, 400.0, 900.0]
    (finding,) = check_amounts(case, [value * 12 for value in monthly], monthly)
    assert "12 times the recipient" in finding.sentence
    assert check_amounts(case, [100.0, 900.0, 3_600.0, 9_000.0, 20_000.0], monthly) == ()
    assert check_amounts(case, monthly, monthly) == ()
    assert check_amounts(case, [0.0] * 5, monthly) == ()


def levels(*pairs):
    return tuple(LevelGroup(label, code) for label, code in pairs)


def test_one_group_for_everybody_never_varies():
    side = Side("x", levels=levels(("a", 1), ("b", 1)))
    found = {item.rule for item in check_harmony(Harmony(side, side))}
    assert found == {"one-group-only"}


def test_labels_with_odd_characters_are_pointed_out():
    side = Side("x", levels=levels(("a\\", 1), ("b", 2)))
    found = check_harmony(Harmony(side, side))
    assert {item.rule for item in found} == {"odd-characters-in-label"}


def test_an_aggregator_on_a_household_variable_belongs_to_the_other_side():
    harmony = Harmony(Side("noc", "person"), Side("noc", aggregator="reference"))
    finding = next(i for i in check_harmony(harmony) if i.rule == "aggregator-without-persons")
    assert finding.fix.harmony == Harmony(
        Side("noc", "person", aggregator="reference"), Side("noc")
    )
