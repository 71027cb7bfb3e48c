"""Harmonies that take their groups from a recode: applied, departed from, changed in one place."""

from dataclasses import replace

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.model import (
    DROP,
    Harmony,
    HarmonySet,
    LevelGroup,
    Side,
    SurveyPair,
    harmony_record,
    read_harmony,
)
from fusion_core.harmony.recodes import (
    Recode,
    carry_out,
    consequences,
    departures,
    detach,
    detachments,
    follow,
    uses_of,
)
from fusion_core.harmony.store import HarmonyStore
from fusion_core.surveys.model import SurveyId

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))


def side(variable, **groups):
    found = {label.replace("_", " "): group for label, group in groups.items()}
    return Side(variable, levels=tuple(LevelGroup(*item) for item in found.items()))


def groups(half):
    return {item.level: item.group for item in half.levels}


SCHOOL = Recode(
    name="school",
    title="School",
    groups=((1, "no diploma"), (2, "diploma"), (3, "degree")),
    levels=side("", Grade_1=1, Grade_2=1, Diploma=2, BA=3, MA=3, Low=1, High=2, Top=3).levels,
    ordered=True,
)
SCHL = side("schl", Grade_1=10, Grade_2=10, Diploma=20, BA=30, MA=30)


def test_a_side_takes_the_groups_and_their_names_and_the_other_side_follows():
    harmony = Harmony(side("educ", none=10, school=20, college=30), SCHL)
    found = follow(harmony, "recipient", SCHOOL)
    assert found.recipient.recode == "school"
    assert groups(found.recipient) == {"Grade 1": 1, "Grade 2": 1, "Diploma": 2, "BA": 3, "MA": 3}
    assert groups(found.donor) == {"none": 1, "school": 2, "college": 3}
    assert found.group_names == SCHOOL.groups
    assert found.ordered


def test_what_the_other_side_meets_is_left_to_decide_where_its_group_was_split():
    coarse = side("schl", Grade_1=1, Grade_2=1, Diploma=2, BA=2, MA=2)
    found = follow(Harmony(side("educ", none=1, more=2), coarse), "recipient", SCHOOL)
    assert groups(found.donor) == {"none": 1, "more": None}


def test_a_level_the_recode_does_not_know_is_left_to_decide():
    newer = side("schl", Grade_1=None, Diploma=None, Micro_credential=None)
    found = follow(Harmony(side("educ", none=None), newer), "recipient", SCHOOL)
    assert groups(found.recipient) == {"Grade 1": 1, "Diploma": 2, "Micro credential": None}


def test_a_level_the_recode_does_not_know_stays_with_those_it_was_grouped_with():
    known = side("schl", Kindergarten=10, Grade_1=10, Diploma=20)
    found = follow(Harmony(side("educ", none=10), known), "recipient", SCHOOL)
    assert groups(found.recipient)["Kindergarten"] == 1


def test_both_sides_may_take_the_same_recode():
    harmony = Harmony(side("educ", Low=5, High=6, Top=6), SCHL)
    found = follow(follow(harmony, "donor", SCHOOL), "recipient", SCHOOL)
    assert groups(found.donor) == {"Low": 1, "High": 2, "Top": 3}
    assert departures(SCHOOL, found.donor) == departures(SCHOOL, found.recipient) == ()


def test_another_recode_on_the_other_side_gives_way():
    other = replace(SCHOOL, name="other")
    harmony = follow(Harmony(side("educ", Low=1, High=2, Top=3), SCHL), "donor", other)
    assert follow(harmony, "recipient", SCHOOL).donor.recode == ""


def test_rows_outside_the_universe_keep_a_group_of_their_own():
    donor = side("educ", none=10, Out=99)
    recipient = replace(SCHL, universe="agep >= 15", outside_universe=99.0, missing=DROP)
    harmony = Harmony(donor, recipient, group_names=((99, "not in universe"),))
    found = follow(harmony, "recipient", SCHOOL)
    assert groups(found.donor) == {"none": 1, "Out": 4}
    assert (found.recipient.outside_universe, found.recipient.missing) == (4, DROP)
    assert dict(found.group_names)[4] == "not in universe"


def test_a_number_gets_the_bins_of_the_recode():
    ages = Recode("age-2", "Age", ((1, "child"), (2, "adult")), breakpoints=(18,), bins=(1, 2))
    found = follow(Harmony(side("agecat", young=1, old=2), Side("agep")), "recipient", ages)
    assert found.recipient.breakpoints == (18,)
    assert groups(found.recipient) == {"under 18": 1, "18 or more": 2}
    assert departures(ages, found.recipient) == ()


def test_a_recode_that_knows_nothing_is_refused():
    with pytest.raises(InputError, match="knows no answer of 'heat'"):
        follow(Harmony(side("heat", gas=1), SCHL), "donor", SCHOOL)


def test_the_link_is_written_with_the_harmony_and_its_groups_stand_there_whole():
    found = follow(Harmony(side("educ", none=10), SCHL), "recipient", SCHOOL)
    record = harmony_record(found)
    assert record["recipient"]["recode"] == "school"
    assert len(record["recipient"]["levels"]) == len(SCHL.levels)
    assert read_harmony(record, where="a file") == found


def test_a_detached_side_keeps_its_groups():
    found = follow(Harmony(side("educ", none=10), SCHL), "recipient", SCHOOL)
    alone = detach(found, "recipient")
    assert alone.recipient.recode == ""
    assert alone.recipient.levels == found.recipient.levels


class TestChanged:
    """A recode is changed in one place."""

    @pytest.fixture
    def saved(self, tmp_path):
        store = HarmonyStore(tmp_path, PAIR)
        one = follow(
            Harmony(side("educ", none=10, school=20, college=30), SCHL), "recipient", SCHOOL
        )
        two = follow(Harmony(side("edu2", Low=10, High=20, Top=30), SCHL), "recipient", SCHOOL)
        store.save(one, author="ann")
        store.save(follow(two, "donor", SCHOOL), author="ann")
        store.save(Harmony(side("heat", gas=1), side("hfl", gas=1)), author="ann")
        return store

    def test_what_uses_it_is_listed_with_what_departs(self, saved):
        harmony = saved.load().get("educ__schl")
        levels = (LevelGroup("Grade 1", 2.0), *harmony.recipient.levels[1:])
        saved.save(
            replace(harmony, recipient=replace(harmony.recipient, levels=levels)), author="a"
        )
        uses = uses_of(SCHOOL, [saved.load()])
        assert [(use.key, use.side) for use in uses] == [
            ("edu2__schl", "donor"),
            ("edu2__schl", "recipient"),
            ("educ__schl", "recipient"),
        ]
        assert [item.level for use in uses for item in use.departures] == ["Grade 1"]

    def test_merged_groups_reach_both_sides_of_every_use_with_an_entry_in_the_history(self, saved):
        merged = replace(
            SCHOOL,
            groups=((1, "no diploma"), (2, "diploma or more")),
            levels=tuple(replace(i, group=min(i.group, 2.0)) for i in SCHOOL.levels),
        )
        found = consequences(SCHOOL, merged, [saved.load()])
        assert [item.before.key for item in found] == ["edu2__schl", "educ__schl"]
        assert carry_out(saved.folder, found, author="bob") == (2, 0)
        after = saved.load().get("educ__schl")
        assert groups(after.donor) == {"none": 1, "school": 2, "college": 2}
        assert after.group_names == merged.groups
        assert saved.history("educ__schl")[-1].who == "bob"
        assert saved.load().get("heat__hfl").revision == 1

    def test_an_answer_that_goes_to_another_class_takes_nothing_with_it(self, saved):
        moved = replace(
            SCHOOL,
            levels=tuple(replace(i, group=2.0) if i.level == "MA" else i for i in SCHOOL.levels),
        )
        found = {i.before.key: i for i in consequences(SCHOOL, moved, [saved.load()])}
        after = found["educ__schl"].after
        assert found["educ__schl"].undecided == ()
        assert groups(after.donor) == {"none": 1, "school": 2, "college": 3}
        assert groups(after.recipient)["MA"] == 2

    def test_a_split_that_leaves_an_answer_undecided_becomes_a_draft(self, saved):
        split = replace(
            SCHOOL,
            groups=(*SCHOOL.groups, (4, "graduate degree")),
            levels=tuple(replace(i, group=4.0) if i.level == "MA" else i for i in SCHOOL.levels),
        )
        found = {i.before.key: i for i in consequences(SCHOOL, split, [saved.load()])}
        assert found["educ__schl"].undecided == (("donor", "college"),)
        assert found["edu2__schl"].undecided == ()
        assert carry_out(saved.folder, found.values(), author="bob") == (1, 1)
        assert saved.load().get("educ__schl").revision == 1
        assert list(saved.load_drafts("bob")) == ["educ__schl"]

    def test_a_level_somebody_regrouped_here_stays_where_it_was_put(self, saved):
        harmony = saved.load().get("educ__schl")
        levels = (LevelGroup("Grade 1", 2.0), *harmony.recipient.levels[1:])
        own = replace(harmony, recipient=replace(harmony.recipient, levels=levels))
        renamed = replace(SCHOOL, groups=((1, "none"), *SCHOOL.groups[1:]))
        (found,) = consequences(SCHOOL, renamed, [HarmonySet(PAIR, (own,))])
        assert groups(found.after.recipient)["Grade 1"] == 2
        assert dict(found.after.group_names)[1] == "none"

    def test_what_somebody_saved_meanwhile_stays(self, saved):
        renamed = replace(SCHOOL, groups=((1, "none"), *SCHOOL.groups[1:]))
        found = consequences(SCHOOL, renamed, [saved.load()])
        saved.save(saved.load().get("educ__schl"), author="ann")
        assert carry_out(saved.folder, found, author="bob") == (1, 0)

    def test_removing_it_detaches_its_uses(self, saved):
        carry_out(saved.folder, detachments("school", [saved.load()]), author="bob")
        assert uses_of(SCHOOL, [saved.load()]) == []
