"""Harmonies follow to another vintage: unchanged ones at once, others as a proposal with a diff."""

from dataclasses import replace

import pytest

from fusion_core.harmony.model.harmony import Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.harmony.recodes import Recode
from fusion_core.harmony.vintages.levels import transfer_levels
from fusion_core.harmony.vintages.transferring import Vintages, transfer_to_vintage
from fusion_core.surveys import Dictionary, SurveyId, Variable

DONOR = Dictionary(
    [
        Variable("rooms", "Number of rooms", type="integer"),
        Variable("heat", "Main heating fuel", levels=("Gas", "Wood")),
        Variable(
            "income",
            "Household income",
            type="ordered",
            levels=("Less than $20,000", "$20,000 or more"),
        ),
        Variable("weeks", "Weeks worked", type="integer"),
    ]
)
FUELS = ("Utility gas", "Wood")
OLD = Dictionary(
    [
        Variable("rms", "Number of rooms", type="integer"),
        Variable("hfl", "House heating fuel", levels=FUELS),
        Variable("hincp", "Household income in dollars", type="integer"),
        Variable("wkwn", "Weeks worked past 12 months", "person", "integer"),
    ]
)


def grouped(name, codes, **more):
    return Side(name, levels=tuple(LevelGroup(k, v) for k, v in codes.items()), **more)


ROOMS = Harmony(Side("rooms"), Side("rms", adjustment="rms + 1", universe="rms > 0 OR 'rms' = ''"))
HEAT = Harmony(
    grouped("heat", {"Gas": 1.0, "Wood": 2.0}),
    grouped("hfl", {"Utility gas": 1.0, "Wood": 2.0}),
    author="Ada",
    revision=4,
)
INCOME = Harmony(
    grouped("income", {"Less than $20,000": 1.0, "$20,000 or more": 2.0}),
    Side(
        "hincp",
        adjustment="hincp * 1.0123",
        breakpoints=(20_000.0,),
        levels=(LevelGroup("Less than 20000", 1.0), LevelGroup("20000 or more", 2.0)),
    ),
)
WEEKS = Harmony(Side("weeks"), Side("wkwn", "person"))


def changed(**variables):
    kept = {name: item for name, item in OLD.items() if variables.get(name, item) is not None}
    replaced = {name: item for name, item in variables.items() if item is not None}
    return Dictionary([*({**kept, **replaced}).values()])


def transferred(harmony, new=OLD, years=("2020", "2019", "2020", "2019")):
    source = SurveyPair(SurveyId("RECS", years[0]), SurveyId("ACS", years[1]))
    target = SurveyPair(SurveyId("RECS", years[2]), SurveyId("ACS", years[3]))
    found = transfer_to_vintage(
        HarmonySet(source, (harmony,)),
        target,
        donor=Vintages(DONOR, DONOR),
        recipient=Vintages(OLD, new),
    )
    return found.harmonies[0]


def groups(side):
    return {item.level: item.group for item in side.levels}


def test_what_is_the_same_is_carried_without_the_bookkeeping_of_the_old_pair():
    found = transferred(HEAT)
    assert found.status == "identical"
    assert found.harmony.recipient == HEAT.recipient
    assert (found.harmony.author, found.harmony.revision) == ("", 0)


def test_a_renamed_variable_is_proposed_also_within_expressions_but_not_in_quoted_text():
    new = changed(rms=None, rmsp=Variable("rmsp", "Number of rooms", type="integer"))
    found = transferred(ROOMS, new)
    assert found.status == "proposed"
    (change,) = found.variables
    assert (change.earlier, change.variable) == ("rms", "rmsp")
    assert change.score > 0.5
    assert found.harmony.recipient.adjustment == "rmsp + 1"
    assert found.harmony.recipient.universe == "rmsp > 0 OR 'rms' = ''"


def test_a_variable_without_successor_is_impossible_with_the_reason():
    found = transferred(ROOMS, changed(rms=None))
    assert (found.status, found.harmony) == ("impossible", None)
    assert "ACS 2019 has no variable rms" in found.reason
    with pytest.raises(ValueError, match="no variable rms"):
        found.accept([])


def test_changed_levels_come_as_a_diff_to_accept_one_by_one():
    levels = ("Utility gas", "Wood or pellets", "Wood chips", "Solar energy")
    found = transferred(HEAT, changed(hfl=Variable("hfl", "House heating fuel", levels=levels)))
    assert found.status == "proposed"
    kinds = {change.level: (change.kind, change.group) for change in found.levels}
    assert kinds["Wood or pellets"] in {("renamed", 2.0), ("added", 2.0)}
    assert kinds["Wood chips"] in {("renamed", 2.0), ("added", 2.0)}
    assert kinds["Solar energy"] == ("added", None)
    accepted = [change for change in found.levels if change.level == "Wood chips"]
    assert groups(found.accept(accepted).recipient) == {
        "Utility gas": 1.0,
        "Wood or pellets": None,
        "Wood chips": 2.0,
        "Solar energy": None,
    }
    assert found.accept(found.levels) == found.harmony


def test_a_removed_level_leaves_the_table_and_is_reported():
    found = transferred(HEAT, changed(hfl=Variable("hfl", "Fuel", levels=("Wood",))))
    assert [(change.kind, change.level) for change in found.levels] == [("removed", "Utility gas")]
    assert groups(found.harmony.recipient) == {"Wood": 2.0}


def test_a_price_constant_becomes_a_deflation_of_the_new_years_and_bins_stay():
    found = transferred(INCOME, years=("2020", "2019", "2020", "2016"))
    side = found.harmony.recipient
    assert found.status == "proposed"
    assert (side.adjustment, side.deflate_to_year) == ("", 2020)
    assert side.breakpoints == INCOME.recipient.breakpoints
    assert "price constant" in found.settings[0].sentence


def test_a_constant_that_is_no_price_level_stays():
    yearly = Harmony(Side("weeks"), Side("hincp", adjustment="hincp * 12"))
    found = transferred(yearly, years=("2020", "2019", "2020", "2016"))
    assert found.harmony.recipient.adjustment == "hincp * 12"


def test_a_number_that_got_brackets_bins_the_other_side():
    brackets = Variable(
        "wkwn",
        "Weeks worked",
        "person",
        "ordered",
        levels=("1 to 13 weeks", "14 to 39 weeks", "40 to 52 weeks"),
    )
    found = transferred(WEEKS, changed(wkwn=brackets))
    assert (
        found.harmony.donor.breakpoints
        == (14.0, 40.0, 53.0)[: len(found.harmony.donor.breakpoints)]
    )
    assert list(groups(found.harmony.recipient).values()) == [1.0, 2.0, 3.0]


def test_a_number_that_got_words_is_impossible():
    words = Variable("wkwn", "Weeks worked", "person", levels=("All year", "Some weeks"))
    found = transferred(WEEKS, changed(wkwn=words))
    assert found.status == "impossible"
    assert "levels now instead of numbers" in found.reason


def test_brackets_that_became_a_number_are_binned_at_the_same_places():
    old = Variable("rms", "Number of rooms", levels=("1 to 3 rooms", "4 or more rooms"))
    harmony = Harmony(Side("rooms"), grouped("rms", {"1 to 3 rooms": 1.0, "4 or more rooms": 2.0}))
    pair = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2019"))
    found = transfer_to_vintage(
        HarmonySet(pair, (harmony,)),
        pair,
        donor=Vintages(DONOR, DONOR),
        recipient=Vintages(changed(rms=old), OLD),
    ).harmonies[0]
    assert found.status == "proposed"
    assert found.harmony.recipient.breakpoints == (4.0,)
    assert list(groups(found.harmony.recipient).values()) == [1.0, 2.0]


def test_a_new_level_follows_the_vintages_that_know_it():
    levels = (*FUELS, "Solar energy")
    new = changed(hfl=Variable("hfl", "House heating fuel", levels=levels))
    pairs = [
        SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", year))
        for year in ("2019", "2021", "2017")
    ]
    known = Harmony(
        grouped("heat", {"Gas": 5.0, "Wood": 6.0}),
        grouped("hfl", {"Utility gas": 5.0, "Wood": 6.0, "Solar energy": 6.0}),
    )
    found = transfer_to_vintage(
        HarmonySet(pairs[0], (HEAT,)),
        pairs[1],
        donor=Vintages(DONOR, DONOR),
        recipient=Vintages(OLD, new),
        others=[HarmonySet(pairs[2], (known,))],
    ).harmonies[0]
    (change,) = found.levels
    assert (change.group, change.source, change.sure) == (2.0, "ACS 2017", True)
    assert found.is_sure


def test_new_brackets_of_a_year_get_bins_of_their_own():
    years = ("1999 or earlier", "2000 to 2009", "2010 to 2015")
    old = Variable("ybl", "When built", type="ordered", levels=years)
    new = Variable("ybl", "When built", type="ordered", levels=(*years, "2016"))
    donor = Dictionary([Variable("built", "Year built", type="integer")])
    harmony = Harmony(
        Side(
            "built",
            breakpoints=(2000.0, 2010.0),
            levels=tuple(LevelGroup(str(k), k) for k in (1.0, 2.0, 3.0)),
        ),
        grouped("ybl", dict(zip(years, (1.0, 2.0, 3.0), strict=True))),
    )
    pair = SurveyPair(SurveyId("AHS", "2019"), SurveyId("ACS", "2016"))
    found = transfer_to_vintage(
        HarmonySet(pair, (harmony,)),
        pair,
        donor=Vintages(donor, donor),
        recipient=Vintages(Dictionary([old]), Dictionary([new])),
    ).harmonies[0]
    assert found.harmony.donor.breakpoints == (2000.0, 2010.0, 2016.0)
    assert groups(found.harmony.recipient)["2016"] == 4.0
    assert not found.is_sure


def test_the_other_sides_range_leaves_a_group_when_its_counterpart_appears():
    years = ("2000 to 2009", "2010 to 2015")
    old = Variable("ybl", "When built", type="ordered", levels=years)
    new = Variable("ybl", "When built", type="ordered", levels=(*years, "2016"))
    made = Variable("made", "Year made", type="ordered", levels=(*years, "2016 to 2020"))
    donor = Dictionary([made])
    harmony = Harmony(
        grouped("made", dict(zip(made.levels, (1.0, 2.0, 2.0), strict=True))),
        grouped("ybl", dict(zip(years, (1.0, 2.0), strict=True))),
    )
    pair = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2016"))

    def carried(harmony, before, after):
        vintages = Vintages(Dictionary([before]), Dictionary([after]))
        return transfer_to_vintage(
            HarmonySet(pair, (harmony,)), pair, donor=Vintages(donor, donor), recipient=vintages
        ).harmonies[0]

    there = carried(harmony, old, new)
    assert groups(there.harmony.donor)["2016 to 2020"] == groups(there.harmony.recipient)["2016"]
    assert len(set(groups(there.harmony.recipient).values())) == 3
    back = carried(there.harmony, new, old)
    assert groups(back.harmony.donor) == groups(harmony.donor)
    assert not there.is_sure
    assert not back.is_sure


def test_refused_prices_stay_as_they_were():
    found = transferred(INCOME, years=("2020", "2019", "2020", "2016"))
    refused = found.accept([])
    assert refused.recipient.adjustment == INCOME.recipient.adjustment
    assert refused.recipient.deflate_to_year is None


def test_a_person_chooses_the_group_of_an_open_level():
    new = Variable("hfl", "House heating fuel", levels=(*FUELS, "Solar energy"))
    found = transferred(HEAT, changed(hfl=new))
    assert [item.level for item in found.open_levels] == ["Solar energy"]
    chosen = found.accept(found.levels, {("recipient", "Solar energy"): 2.0})
    assert groups(chosen.recipient)["Solar energy"] == 2.0


def test_two_variables_never_become_one():
    donor = Dictionary(
        [
            Variable("adults", "Number of adults aged 18 to 64", type="integer"),
            Variable("adults65", "Number of adults aged 65 and more", type="integer"),
        ]
    )
    merged = Dictionary(
        [Variable("adultsall", "Number of adults aged 18 and more", type="integer")]
    )
    pair = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2019"))
    both = tuple(Harmony(Side(name), Side("rms")) for name in donor)
    found = transfer_to_vintage(
        HarmonySet(pair, both), pair, donor=Vintages(donor, merged), recipient=Vintages(OLD, OLD)
    )
    assert len(found.having("proposed")) <= 1
    assert found.having("impossible")


def test_what_exists_already_is_compared():
    pair = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2019"))
    mine = Harmony(HEAT.donor, grouped("hfl", {"Utility gas": 2.0, "Wood": 1.0}))
    found = transfer_to_vintage(
        HarmonySet(pair, (HEAT,)),
        pair,
        donor=Vintages(DONOR, DONOR),
        recipient=Vintages(OLD, OLD),
        existing=HarmonySet(pair, (mine,)),
    ).harmonies[0]
    assert found.existing == mine
    assert found.comparison.verdict == "different"


def _years(*codes):
    labels = ("1999 or earlier", "2000 to 2004", "2005 to 2009", "2010 or later")
    return dict(zip(labels, codes, strict=True))


@pytest.mark.parametrize(
    ("codes", "group"), [((1.0, 2.0, 3.0, 4.0), None), ((1.0, 2.0, 2.0, 3.0), 2.0)]
)
def test_a_range_of_years_that_takes_in_two_groups_is_asked_for_and_not_guessed(codes, group):
    built = grouped("ybl", _years(*codes))
    harmony = Harmony(grouped("yearmade", _years(*codes)), built)
    labels = ("1999 or earlier", "2000 to 2009", "2010 or later")
    side, _ = transfer_levels(
        harmony, "recipient", Variable("ybl", "Year built", type="ordered", levels=labels)
    )
    assert groups(side)["2000 to 2009"] == group


def test_a_side_that_follows_a_recode_gets_its_new_levels_from_it_alone():
    fuels = Recode(
        "fuels",
        "Fuels",
        ((1, "gas"), (2, "wood")),
        levels=(LevelGroup("Utility gas", 1), LevelGroup("Wood", 2), LevelGroup("Pellets", 2)),
    )
    harmony = Harmony(HEAT.donor, replace(HEAT.recipient, recode="fuels"))
    new = Variable("hfl", "House heating fuel", levels=(*FUELS, "Pellets", "Utility gases"))
    side, changes = transfer_levels(harmony, "recipient", new, recode=fuels)
    assert side.recode == "fuels"
    assert groups(side) == {"Utility gas": 1, "Wood": 2, "Pellets": 2, "Utility gases": None}
    assert [(item.level, item.source, item.sure) for item in changes] == [
        ("Pellets", "Fuels", True),
        ("Utility gases", "", False),
    ]
