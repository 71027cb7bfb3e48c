"""Which published RECS 2015 → ACS 2015 harmonies apply to the files at hand, and why not others."""

import pytest

from fusion_core.harmony.apply.apply import harmonize_pair
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.ingest.fusiondata._applicable import applicable_harmonies

AGGREGATORS = {"": "automatic", "reference": "reference", "sum": "sum"}


def published_side(record, variable):
    is_number = len(record["levels"]) == 1 and record["levels"][0].startswith("Min:")
    aggregator = AGGREGATORS[record.get("agg") or ""]
    return Side(
        variable,
        respondent="person" if aggregator != "automatic" else "household",
        adjustment=record["adj"],
        breakpoints=tuple(float(edge) for edge in record["breaks"]),
        levels=()
        if is_number
        else tuple(
            LevelGroup(level, float(group))
            for level, group in zip(record["levels"], record["groups"], strict=True)
        ),
        aggregator=aggregator,
    )


@pytest.fixture(scope="module")
def outcome(shared_data, recs_2015, oregon_2010):
    import json

    record = json.loads((shared_data / "harmonies/json/RECS_2015__ACS_2015.json").read_text())
    harmonies = [
        Harmony(
            published_side(item["donor"], item["donor_var"]),
            published_side(item["acs"], item["acs_var"]),
            ordered=bool(item["ordered"]),
        )
        for item in record["harmonies"].values()
    ]
    assert len(harmonies) == 23
    return applicable_harmonies(harmonies, recs_2015, oregon_2010)


def reasons(outcome, key):
    return [refusal.reason for refusal in outcome.refusals if refusal.key == key]


def test_six_harmonies_apply(outcome):
    assert outcome.keys == (
        "fuelheat__hfl",
        "kownrent__ten",
        "moneypy__hincp",
        "nhsldmem__np",
        "occupyyrange__mv",
        "typehuq__bld",
    )


def test_every_other_harmony_has_a_reason(outcome):
    refused = {refusal.key for refusal in outcome.refusals}
    assert len(refused) == 17
    assert all(refusal.reason.endswith(".") for refusal in outcome.refusals)


def test_person_variables_need_persons(outcome):
    assert reasons(outcome, "hhage__agep") == [
        "ACS 2006-2010 has no person records, and agep is asked of persons."
    ]


def test_a_variable_absent_on_both_sides_is_said_for_both(outcome):
    assert reasons(outcome, "bedrooms__bdsp") == [
        "RECS 2015 has no variable bedrooms.",
        "ACS 2006-2010 has no variable bdsp; the similar name bds is 'Number of bedrooms'.",
    ]


def test_a_level_of_the_older_file_without_a_group_is_named_with_its_share(outcome):
    assert reasons(outcome, "yearmaderange__ybl") == [
        "ACS 2006-2010 has levels of ybl that the harmony puts in no group: '2005 or later' (4.9%)."
    ]


def test_what_applies_really_computes_the_same_categories_on_both_sides(
    outcome, recs_2015, oregon_2010
):
    pair = harmonize_pair(outcome.harmonies, recs_2015, oregon_2010)
    assert not pair.failures
    for key in outcome.keys:
        assert pair.donor[key].dtype == pair.recipient[key].dtype
        assert pair.donor[key].notna().all()
        assert pair.recipient[key].notna().all()
