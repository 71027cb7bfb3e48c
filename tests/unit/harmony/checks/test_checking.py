"""Each rule finds its mistake, stays silent without it, and its fix makes it disappear."""

from dataclasses import replace

import pytest

from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side
from fusion_core.surveys import Dictionary, Variable

DONOR = Dictionary(
    [
        Variable("tenure", levels=("Own", "Rent", "Free")),
        Variable("nchild", type="integer", minimum=0, maximum=9),
        Variable("income", type="continuous", minimum=0, maximum=500_000),
        Variable("school", "", "person", "ordered", levels=("Low", "Middle", "High")),
        Variable("band", levels=("Under $5", "$5 - $9", "$10 - $19", "$20 or more")),
    ]
)
RECIPIENT = Dictionary(
    [
        Variable("ten", levels=("owned", "rented")),
        Variable("hincp", type="integer", minimum=-5_000, maximum=900_000),
        Variable("agep", "", "person", "integer", minimum=0, maximum=99),
        Variable("sex", "", "person", levels=("Male", "Female")),
        Variable("schl", "", "person", "ordered", levels=("low", "mid", "high")),
    ]
)


def side(variable, *codes, respondent="household", levels=None, **changes):
    dictionary = DONOR if variable in DONOR else RECIPIENT
    labels = levels or (dictionary[variable].levels if codes else ())
    table = tuple(LevelGroup(label, code) for label, code in zip(labels, codes, strict=True))
    return Side(variable, respondent, levels=table, **changes)


def person(variable, *codes, **changes):
    return side(variable, *codes, respondent="person", **changes)


TENURE = Harmony(side("tenure", 1, 2, 2), side("ten", 1, 2))
HEADS = Harmony(
    side("nchild"), person("agep", 1, 0, levels=("-", "+"), breakpoints=(18,), aggregator="sum")
)
SCHOOL = Harmony(person("school", 1, 2, 3), person("schl", 1, 2, 3), ordered=True)


def rules(harmony):
    return {finding.rule: finding for finding in check_harmony(harmony, DONOR, RECIPIENT)}


@pytest.mark.parametrize("harmony", [TENURE, HEADS, SCHOOL])
def test_a_sound_harmony_has_no_findings(harmony):
    assert check_harmony(harmony, DONOR, RECIPIENT) == ()
    assert check_harmony(harmony) == ()


MISTAKES = [
    ("unknown-variable", "error", replace(TENURE, donor=Side("tenur"))),
    ("wrong-respondent", "error", replace(TENURE, donor=person("tenure", 1, 2, 2))),
    (
        "invalid-adjustment",
        "error",
        replace(HEADS, donor=Side("nchild", adjustment="nchil + 1"), comment="c"),
    ),
    (
        "invalid-universe",
        "error",
        replace(TENURE, recipient=side("ten", 1, 2, universe="agep > 3", outside_universe=1)),
    ),
    (
        "unknown-label-in-expression",
        "warning",
        replace(
            HEADS,
            recipient=person("agep", adjustment="sex = 'female'", aggregator="sum"),
            comment="c",
        ),
    ),
    ("number-against-group", "error", replace(TENURE, donor=side("nchild"))),
    (
        "aggregator-needs-order",
        "error",
        replace(TENURE, recipient=person("sex", 1, 2, aggregator="minimum")),
    ),
    ("level-without-group", "error", replace(TENURE, donor=side("tenure", 1, 2, None))),
    ("unmatched-group", "error", replace(TENURE, donor=side("tenure", 1, 2, 3))),
    (
        "level-not-in-dictionary",
        "hint",
        replace(TENURE, donor=side("tenure", 1, 2, 2, 2, levels=("Own", "Rent", "Free", "Squat"))),
    ),
    (
        "level-not-in-dictionary",
        "warning",
        replace(TENURE, donor=side("tenure", 1, 2, 2, levels=("Own", "Rent", "Squat"))),
    ),
    (
        "level-spelt-otherwise",
        "error",
        replace(TENURE, donor=side("tenure", 1, 2, 2, levels=("Own", "RENT.", "Free"))),
    ),
    (
        "dictionary-level-missing",
        "hint",
        replace(
            SCHOOL, recipient=person("schl", 1, 2, levels=("low", "mid"), aggregator="reference")
        ),
    ),
    (
        "dictionary-level-missing",
        "error",
        replace(TENURE, donor=side("tenure", 1, 2, levels=("Own", "Rent"))),
    ),
    (
        "breaks-on-categories",
        "error",
        replace(TENURE, donor=side("tenure", 1, 2, 2, breakpoints=(1,))),
    ),
    (
        "unsorted-breaks",
        "error",
        replace(
            HEADS,
            recipient=person(
                "agep", 0, 1, 0, levels=("a", "b", "c"), breakpoints=(16, 2), aggregator="sum"
            ),
        ),
    ),
    (
        "bins-do-not-match-groups",
        "error",
        replace(
            HEADS,
            recipient=person(
                "agep", 0, 1, 0, levels=("a", "b", "c"), breakpoints=(16,), aggregator="sum"
            ),
        ),
    ),
    (
        "break-out-of-range",
        "warning",
        replace(
            HEADS,
            recipient=person(
                "agep", 1, 0, 0, levels=("a", "b", "c"), breakpoints=(18, 130), aggregator="sum"
            ),
        ),
    ),
    (
        "head-count-codes",
        "warning",
        replace(
            HEADS,
            recipient=person("agep", 1, 2, levels=("-", "+"), breakpoints=(18,), aggregator="sum"),
        ),
    ),
    ("flag-codes", "warning", replace(TENURE, recipient=person("sex", 1, 0, aggregator="any"))),
    (
        "aggregators-differ",
        "warning",
        replace(SCHOOL, donor=person("school", 1, 2, 3, aggregator="reference")),
    ),
    ("order-not-monotone", "warning", replace(SCHOOL, recipient=person("schl", 2, 3, 1))),
    ("name-of-unused-group", "hint", replace(TENURE, group_names=((9, "Old"),))),
]


@pytest.mark.parametrize(
    ("rule", "severity", "harmony"), MISTAKES, ids=[item[0] for item in MISTAKES]
)
def test_a_rule_finds_its_mistake(rule, severity, harmony):
    found = rules(harmony)
    assert rule in found
    assert found[rule].severity == severity
    assert len(found[rule].sentence) > 20


FIXABLE = {
    "wrong-respondent",
    "aggregator-needs-order",
    "level-spelt-otherwise",
    "level-not-in-dictionary",
    "dictionary-level-missing",
    "breaks-on-categories",
    "unsorted-breaks",
    "bins-do-not-match-groups",
    "head-count-codes",
    "aggregators-differ",
    "order-not-monotone",
    "name-of-unused-group",
}


@pytest.mark.parametrize(
    ("rule", "harmony"),
    [(rule, harmony) for rule, _, harmony in MISTAKES if rule in FIXABLE],
    ids=[rule for rule, _, _ in MISTAKES if rule in FIXABLE],
)
def test_its_fix_makes_the_finding_disappear(rule, harmony):
    fix = rules(harmony)[rule].fix
    assert fix.label
    assert rule not in rules(fix.harmony)


def test_a_head_count_that_was_never_summed_gets_the_sum_as_its_fix():
    recipient = replace(HEADS.recipient, aggregator="automatic")
    finding = rules(replace(HEADS, recipient=recipient))["number-against-group"]
    assert finding.fix.harmony == HEADS


def test_levels_left_out_on_purpose_are_no_mistake():
    assert rules(replace(TENURE, donor=side("tenure", 1, 2, DROP))) == {}


def test_codes_that_fall_throughout_are_no_mistake():
    assert rules(Harmony(person("school", 3, 2, 1), person("schl", 3, 2, 1), ordered=True)) == {}


def test_an_order_is_read_from_the_numbers_in_labels():
    bands = Side(
        "x",
        levels=tuple(
            LevelGroup(*pair) for pair in zip(DONOR["band"].levels, (1, 2, 3, 4), strict=True)
        ),
    )
    assert check_harmony(Harmony(bands, bands, ordered=True)) == ()
    wrong = replace(
        bands,
        levels=tuple(
            LevelGroup(item.level, code)
            for item, code in zip(bands.levels, (2, 1, 4, 3), strict=True)
        ),
    )
    found = check_harmony(Harmony(wrong, wrong, ordered=True))
    assert {finding.rule for finding in found} == {"order-not-monotone"}
    assert "numbers in its labels" in found[0].sentence


def test_errors_come_first():
    harmony = replace(TENURE, donor=side("tenure", 1, 2, None), group_names=((9, "Old"),))
    assert [finding.severity for finding in check_harmony(harmony, DONOR, RECIPIENT)] == [
        "error",
        "hint",
    ]
