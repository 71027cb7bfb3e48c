"""The same labels grouped differently in another year: the majority and the wording judge."""

from dataclasses import replace

from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.checks.files import check_sets
from fusion_core.harmony.checks.siblings import Sibling, siblings_of
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.surveys import SurveyId


def side(name, *pairs, **changes):
    return Side(name, levels=tuple(LevelGroup(label, code) for label, code in pairs), **changes)


DONOR = side("race", ("White only", 1), ("Black only", 2), ("Asian only", 3), ("Islander only", 4))
RIGHT = Harmony(
    DONOR,
    side("rac", ("White alone", 1), ("Black alone", 2), ("Asian alone", 3), ("Islander alone", 4)),
)
SHIFTED = replace(
    RIGHT,
    recipient=side(
        "rac", ("White alone", 1), ("Black alone", 2), ("Asian alone", 4), ("Islander alone", 3)
    ),
)
SERVED = side("served", ("YES", 1), ("NO", 2))
SERVICE = Harmony(SERVED, side("mil", ("Now on duty", 1), ("Never in the forces", 2)))
INVERTED = Harmony(SERVED, side("mil", ("Now on duty", 2), ("Never in the forces", 1)))
RULE = "grouped-differently-in-sibling"


def found(harmony, *siblings):
    named = [Sibling(f"ACS {2015 + index}", item) for index, item in enumerate(siblings)]
    return [item for item in check_harmony(harmony, siblings=named) if item.rule == RULE]


def test_prices_most_siblings_convert_are_converted_by_the_fix():
    plain = Harmony(Side("income"), Side("hincp"))
    converted = Harmony(Side("income"), Side("hincp", adjustment="hincp / 1.026"))
    years = {"donor": 2015, "recipient": 2018}
    named = [Sibling("ACS 2017", converted), Sibling("ACS 2019", converted)]

    def rules(harmony, **known):
        found = check_harmony(harmony, siblings=named, price_years=known or years)
        return {item.rule: item for item in found}

    finding = rules(plain)["prices-converted-in-siblings"]
    assert finding.fix.harmony.recipient.deflate_to_year == 2015
    assert "prices-converted-in-siblings" not in rules(finding.fix.harmony)
    assert "prices-converted-in-siblings" not in rules(plain, donor=2015, recipient=2015)


def test_siblings_that_agree_are_silent_whatever_their_codes():
    recoded = Harmony(
        side("race", *((i.level, i.group + 10) for i in RIGHT.donor.levels)),
        side("rac", *((i.level.upper(), i.group + 10) for i in RIGHT.recipient.levels)),
    )
    assert found(RIGHT, RIGHT, recoded) == []


def test_the_majority_and_the_wording_against_it_make_an_error():
    (finding,) = found(SHIFTED, RIGHT, RIGHT)
    assert finding.severity == "error"
    assert set(finding.levels) == {"Asian only", "Islander only"}
    assert "ACS 2015 and ACS 2016" in finding.sentence
    assert found(finding.fix.harmony, RIGHT, RIGHT) == []


def test_the_right_one_of_two_is_told_by_the_wording():
    assert [item.severity for item in found(SHIFTED, RIGHT)] == ["warning"]
    assert found(RIGHT, SHIFTED) == []


def test_the_majority_alone_makes_a_warning_and_a_tie_without_wording_a_hint():
    assert [item.severity for item in found(INVERTED, SERVICE, SERVICE, SERVICE)] == ["warning"]
    assert [item.severity for item in found(INVERTED, SERVICE, SERVICE)] == ["hint"]
    assert found(SERVICE, SERVICE, INVERTED) == []
    assert [item.severity for item in found(INVERTED, SERVICE)] == ["hint"]


def test_a_finer_grouping_is_no_contradiction():
    coarse = Harmony(
        side("race", ("White only", 1), ("Black only", 2), ("Asian only", 2), ("Islander only", 2)),
        side(
            "rac", ("White alone", 1), ("Black alone", 2), ("Asian alone", 2), ("Islander alone", 2)
        ),
    )
    assert found(coarse, RIGHT, RIGHT) == []
    named = [Sibling("ACS 2015", RIGHT), Sibling("ACS 2016", RIGHT)]
    (hint,) = check_harmony(coarse, siblings=named)
    assert (hint.rule, hint.severity) == ("grouped-more-finely-or-coarsely", "hint")
    assert set(hint.levels) == {"Black only", "Asian only", "Islander only"}
    assert check_harmony(RIGHT, siblings=[Sibling("ACS 2015", coarse), *named]) == ()


def test_a_label_that_reads_like_another_group_needs_no_sibling():
    labels = {item.rule for item in check_harmony(SHIFTED)}
    assert "label-closer-to-another-group" in labels
    assert "label-closer-to-another-group" not in {item.rule for item in check_harmony(RIGHT)}


def test_settings_that_most_siblings_share_are_pointed_out():
    person = replace(RIGHT, recipient=replace(RIGHT.recipient, respondent="person"))
    reference = replace(person, recipient=replace(person.recipient, aggregator="reference"))
    ordered = replace(reference, ordered=True)
    named = [Sibling("ACS 2015", reference), Sibling("ACS 2016", reference)]
    assert (
        check_harmony(person, siblings=named) == ()
    )  # automatic takes the reference person's, too
    first = {item.rule for item in check_harmony(replace(person, ordered=True), siblings=named)}
    assert "aggregator-differs-from-siblings" in first
    second = {item.rule for item in check_harmony(ordered, siblings=named)}
    assert "order-differs-from-siblings" in second


def pair(year, donor="CPS"):
    return SurveyPair(SurveyId(donor, "2019"), SurveyId("ACS", year))


def test_siblings_are_other_years_of_the_same_surveys():
    sets = [HarmonySet(pair(year), (RIGHT,)) for year in ("2015", "2016")]
    sets.append(HarmonySet(pair("2017", "AHS"), (RIGHT,)))
    assert [item.name for item in siblings_of(RIGHT, pair("2015"), sets)] == ["ACS 2016"]


def test_sets_are_checked_against_each_other():
    sets = [
        HarmonySet(pair("2015"), (RIGHT,)),
        HarmonySet(pair("2016"), (SHIFTED,)),
        HarmonySet(pair("2018"), (RIGHT,)),
    ]
    checked = check_sets(sets)
    wrong = [item.source for item in checked if RULE in {f.rule for f in item.findings}]
    assert wrong == [str(pair("2016"))]


def test_a_no_in_the_group_of_a_yes_is_found_and_exchanged_by_the_fix():
    rule = "denial-against-affirmation"
    (finding,) = [item for item in check_harmony(INVERTED) if item.rule == rule]
    assert "'NO' of the donor" in finding.sentence
    assert rule not in {item.rule for item in check_harmony(finding.fix.harmony)}
    assert rule not in {item.rule for item in check_harmony(SERVICE)}
